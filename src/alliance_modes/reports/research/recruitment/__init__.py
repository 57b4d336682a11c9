"""When people were referred, started and ended."""
