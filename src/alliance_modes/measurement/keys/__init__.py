"""Whether the scoring keys fit the answers."""
