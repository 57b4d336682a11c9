"""Agreement of raters, and likeness within clusters."""
