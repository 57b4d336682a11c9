"""Factor analysis of answers taken as ordered categories."""
