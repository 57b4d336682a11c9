"""What one cohort adds to the plan."""
