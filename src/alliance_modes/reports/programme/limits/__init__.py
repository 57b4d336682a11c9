"""What cannot be concluded."""
