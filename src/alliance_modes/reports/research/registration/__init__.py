"""What was registered before, and every deviation from it."""
