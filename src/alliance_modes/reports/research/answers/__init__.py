"""Answers, scores and ratings, and what error they carry."""
