"""Within a client: the rating of one session and the engagement in the next (H7)."""
