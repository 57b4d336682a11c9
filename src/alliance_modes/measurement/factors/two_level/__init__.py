"""Factor structures of clients and of practitioners at once."""
