"""Does the analysis find what was put in? Simulated cohorts through the plan, held against their truth."""
