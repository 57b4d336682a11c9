"""Modes with different clients."""
