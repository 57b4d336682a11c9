"""Instruments as data: items, range, key, subscales, scoring and missing rule of each inventory."""
