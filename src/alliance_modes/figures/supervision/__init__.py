"""Figures of the sheet of one practitioner."""
