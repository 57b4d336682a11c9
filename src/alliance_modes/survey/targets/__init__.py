"""The survey tools, one module each."""
