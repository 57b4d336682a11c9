"""Primary, secondary and exploratory analyses, apart."""
