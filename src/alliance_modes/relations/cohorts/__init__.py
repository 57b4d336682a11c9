"""Effects over all cohorts of a run: in one model, and pooled from the cohorts' own estimates."""
