"""What several cohorts come to whose rows nobody has together: estimates and their covariances, pooled."""
