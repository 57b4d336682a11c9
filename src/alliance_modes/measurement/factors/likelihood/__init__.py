"""The multi-group likelihood of means and covariances."""
