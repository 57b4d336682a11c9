"""The PDF of a report: its page, and typst."""
