"""Scored data and their codebook, for people who go on in another program."""
