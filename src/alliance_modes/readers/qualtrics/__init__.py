"""Qualtrics exports."""
