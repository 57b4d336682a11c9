"""Scripts as forks of one process that has imported what they need, so that a run pays its imports once."""
