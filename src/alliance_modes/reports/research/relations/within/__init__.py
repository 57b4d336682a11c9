"""Blocks about what happens within clients, and between two people."""
