"""The document of a registered protocol."""
