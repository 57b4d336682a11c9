"""The HTML page of a report: its frame and its style."""
