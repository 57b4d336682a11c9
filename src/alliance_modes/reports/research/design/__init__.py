"""What kind of study it is, and where."""
