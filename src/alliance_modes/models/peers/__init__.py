"""What is expected of the clients of a practitioner, from those of others."""
