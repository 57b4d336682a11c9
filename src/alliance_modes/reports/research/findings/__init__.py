"""What was found, in sentences and at a glance."""
