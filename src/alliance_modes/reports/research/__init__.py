"""The research report: a folder per section, in ``report.py`` the order they stand in."""
