"""Item statistics, and the reliability and agreement of every scale in use."""
