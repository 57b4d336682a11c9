"""The page over all cohorts of a run: effects in each of them and over them."""
