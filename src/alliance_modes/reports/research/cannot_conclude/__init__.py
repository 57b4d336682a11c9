"""What cannot be concluded, and how strong something unmeasured would have to be."""
