"""Numbers that a study published, and whether a run gives them again."""
