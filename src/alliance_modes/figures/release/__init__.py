"""Figures of the release edition: drawn from numbers that passed the gate, and from nothing else.

``requests`` and ``models`` read people and fits, and ask the gate or apply its rules; every other module here
draws what came of that.
"""
