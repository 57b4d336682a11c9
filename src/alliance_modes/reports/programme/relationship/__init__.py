"""The working relationship over time, and what goes with it."""
