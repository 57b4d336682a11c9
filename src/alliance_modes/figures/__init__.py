"""Figures: results in, pictures out. Nothing in a figure's function reads or writes a file.

``cohort``, ``effects``, ``measurement`` and ``factors`` declare the figures of one rule each, and
``declared.drawn`` draws them, or says why one could not be drawn; ``picture.write_picture`` writes one.
This module imports none of them, so that editing a figure re-runs only the rule that draws it.
"""
