"""Taking part in sessions, and what goes with it."""
