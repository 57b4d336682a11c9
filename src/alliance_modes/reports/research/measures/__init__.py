"""What was measured, by whom, and how it is scored."""
