"""Specification curve: an outcome under every reasonable way to have analysed it."""
