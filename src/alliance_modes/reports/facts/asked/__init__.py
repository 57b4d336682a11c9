"""What reports ask to be counted and averaged, of whom, before an edition shows it."""
