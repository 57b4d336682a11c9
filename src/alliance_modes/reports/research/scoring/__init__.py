"""Scores that rest on incomplete answers."""
