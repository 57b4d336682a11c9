"""The engine of mixed models behind one adapter."""
