"""Page one: what a manager reads, in sentences."""
