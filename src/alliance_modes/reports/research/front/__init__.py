"""The first page above the findings: what made the report, and what to know before reading it."""
