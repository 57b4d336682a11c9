"""Raw exports to typed tables: every cell a value, missing for a reason, empty, or a problem."""

from alliance_modes.ingest.stage import Ingested, check_cohort, ingest_cohort, problems_of_the_rest

__all__ = ["Ingested", "check_cohort", "ingest_cohort", "problems_of_the_rest"]
