"""Relational analyses as the research report tells them: one block each."""
