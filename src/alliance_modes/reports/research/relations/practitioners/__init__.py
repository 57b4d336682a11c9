"""Blocks about what practitioners do and how their clients rate them, one by one."""
