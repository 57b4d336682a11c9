"""Every outcome side by side."""
