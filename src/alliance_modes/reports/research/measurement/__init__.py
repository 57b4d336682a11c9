"""How well the instruments measured."""
