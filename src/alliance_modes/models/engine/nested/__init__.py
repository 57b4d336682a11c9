"""Quadrature at each level, where groupings nest."""
