"""The programme report: for a person who runs or evaluates programmes; of a cohort, a programme or a site."""
