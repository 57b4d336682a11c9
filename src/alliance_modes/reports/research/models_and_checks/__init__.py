"""Which models ran, and what their checks say."""
