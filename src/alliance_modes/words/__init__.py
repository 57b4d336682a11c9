"""The words and the forms of numbers that a reader meets."""
