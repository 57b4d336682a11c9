"""What made the report, and how to make it again."""
