"""How it was done, in short."""
