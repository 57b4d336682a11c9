"""Raw exports to typed tables: every cell a value, missing for a reason, empty, or a problem."""
