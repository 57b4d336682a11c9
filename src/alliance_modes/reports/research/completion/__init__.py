"""How enrolments ended, and how modes go with completion and drop-out."""
