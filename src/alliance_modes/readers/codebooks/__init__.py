"""Code books: what the form that made an export says of its columns."""
