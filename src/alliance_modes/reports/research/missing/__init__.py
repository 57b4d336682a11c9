"""What is missing, and what filling it in changes."""
