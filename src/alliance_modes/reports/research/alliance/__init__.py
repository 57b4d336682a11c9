"""The working alliance over time, and how modes go with it."""
