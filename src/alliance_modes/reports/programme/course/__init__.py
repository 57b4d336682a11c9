"""Who was enrolled, and what became of them."""
