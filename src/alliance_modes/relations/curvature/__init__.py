"""Whether practitioners with a very low or very high mean alliance do worse."""
