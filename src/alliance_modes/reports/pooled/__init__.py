"""The report of cohorts that were pooled without their rows."""
