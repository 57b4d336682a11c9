"""Who finished, beside the cohort and published rates, and what goes with it."""
