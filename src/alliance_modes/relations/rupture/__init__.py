"""Ruptures of the alliance: recorded, fallen from scores, and what follows of them."""
