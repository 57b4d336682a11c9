"""The same models through other software."""
