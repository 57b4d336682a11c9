"""How it was done, and from which files."""
