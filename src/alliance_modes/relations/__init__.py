"""Relational analyses: through the alliance, within clients, between raters, between modes, over cohorts."""
