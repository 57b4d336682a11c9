"""Modes as observed beside modes corrected for measurement error."""
