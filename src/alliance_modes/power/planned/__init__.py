"""A study before it has any data: simulated people, this plan's fit, what would be found of how much."""
