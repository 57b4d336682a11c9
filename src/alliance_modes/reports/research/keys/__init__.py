"""Whether the answers fit the keys."""
