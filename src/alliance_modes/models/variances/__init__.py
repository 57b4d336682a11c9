"""Variances of random effects: their likelihood, the intervals that follow from it, and their table."""
