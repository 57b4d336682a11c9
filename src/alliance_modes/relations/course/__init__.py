"""Expected courses of ratings, and alerts where a client falls below their own."""
