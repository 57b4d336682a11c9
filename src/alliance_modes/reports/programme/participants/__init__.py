"""Who took part."""
