"""Item responses to scores."""
