"""Starting the workflow, watching it, and clearing up after one that was killed."""
