"""What would be analysed of a cohort's raw files, and what would be lost on the way."""
