"""What is missing: by item, practitioner and time, in which patterns, and of what was planned.

``missing_map.missing_map`` makes the one table of it; nothing is imported here.
"""
