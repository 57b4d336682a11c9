"""The release edition: what it is made of, the one way into its folder, and its record for a checker."""
