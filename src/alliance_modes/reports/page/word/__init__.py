"""Word documents of a report: styles, page, and what pandoc leaves undone in tables."""
