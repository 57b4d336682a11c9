"""The page that says what is wrong in raw files."""
