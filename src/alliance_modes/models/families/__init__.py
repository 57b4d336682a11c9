"""Families of outcomes: from a fit to its estimates."""
