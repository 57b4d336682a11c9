"""Cleaning: keyed ids, checks, careless responding, and an account that balances.

``clean.clean_cohort`` runs the checks and ``identity`` keys the ids. Nothing is imported here, so
that a stage that needs the one does not depend on the other.
"""
