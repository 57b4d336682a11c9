"""Sample size, and what difference the cohort could have shown."""
