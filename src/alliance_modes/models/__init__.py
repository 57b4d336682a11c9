"""Mixed models: the plan in, estimates with their status out."""
