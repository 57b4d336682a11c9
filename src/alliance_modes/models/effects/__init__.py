"""What a fit means in numbers that a reader can use."""
