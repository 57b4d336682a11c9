"""What a plan says of relational analyses: one module each, and all of them together."""
