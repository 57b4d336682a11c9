"""Items, scales and their correlations."""
