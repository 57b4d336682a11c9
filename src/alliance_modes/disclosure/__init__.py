"""What may leave the building: the counts behind a release, their protection, and the attack on it."""
