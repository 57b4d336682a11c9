"""Programmes and sites beside each other."""
