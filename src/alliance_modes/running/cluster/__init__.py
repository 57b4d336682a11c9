"""Running a study on a cluster: what Slurm says, jobs followed by their logs, and none left behind."""
