"""What stands above page one: what made the report, and who may see it."""
