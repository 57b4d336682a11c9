"""Single facets of the modes: techniques, and goal, task and bond of each."""
