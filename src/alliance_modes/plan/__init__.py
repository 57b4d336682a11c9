"""The analysis plan: its file, its parts, its defaults, and what a cohort adds."""
