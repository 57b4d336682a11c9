"""Display tables: full-precision results in, rounded text for a reader out."""
