"""Balance of the modes beyond their levels, and flexibility between them."""
