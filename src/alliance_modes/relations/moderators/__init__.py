"""What may change how the modes go with an outcome."""
