"""Markdown of a report to one self-contained page: its macros, its frame and its style."""
