"""The page about a study that is planned."""
