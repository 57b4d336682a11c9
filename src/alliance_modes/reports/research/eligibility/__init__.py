"""Who is included, and out of whom rates are."""
