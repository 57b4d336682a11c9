"""Linear models fitted again to nearly the same rows."""
