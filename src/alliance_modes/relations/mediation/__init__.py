"""Through the alliance: mode use, the alliance early on, and what comes after it (H4)."""
