"""Figures: results in, pictures out. Nothing in a figure's function reads or writes a file.

``cohort.cohort_pictures`` and ``effects.effects_pictures`` draw every figure of theirs, or say why
one could not be drawn; ``picture.write_picture`` writes one. This module imports none of them, so
that editing a figure re-runs only the rule that draws it.
"""
