"""Numbers that no table of a run has: each computed by a function of the package that a study names."""
