"""Blocks about differences between practitioners, and over cohorts."""
