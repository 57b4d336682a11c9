"""Reporting checklists, filled from what the reports of a cohort hold."""
