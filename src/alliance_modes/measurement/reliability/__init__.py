"""How reliable a score is."""
