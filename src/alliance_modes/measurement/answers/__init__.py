"""Who answered what."""
