"""The account of rows."""
