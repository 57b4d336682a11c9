"""From an analysis table and a formula to the rows and columns of a model."""
