"""Who the practitioners are and how they work."""
