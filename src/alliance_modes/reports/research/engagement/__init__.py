"""Engagement and attendance, and how modes go with them."""
