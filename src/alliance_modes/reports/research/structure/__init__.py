"""Factor structure and invariance."""
