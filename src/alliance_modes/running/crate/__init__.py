"""A release with how it was made, as one folder that other programs can read: a Workflow Run RO-Crate."""
