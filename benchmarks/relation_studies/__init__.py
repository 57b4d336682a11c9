"""Simulated truth for each relational analysis: how often it is found, and what a naive way finds."""
