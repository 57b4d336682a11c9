"""What the choices of a specification curve and their options are called."""

from __future__ import annotations

from collections.abc import Mapping

CHOICES: Mapping[str, str] = {
    "careless": "Careless answers",
    "scoring": "Scoring",
    "waves": "Survey waves",
    "exposure": "Exposure",
    "inventories": "Inventories",
    "administrative_end": "Administrative ends",
    "practitioners": "Practitioners",
    "covariates": "Covariates",
    "random": "Random effects",
    "form": "Form",
    "rater": "Rater",
}

OPTIONS: Mapping[tuple[str, str], str] = {
    ("careless", "none_left_out"): "none left out",
    ("careless", "every_flag"): "every flag left out",
    ("scoring", "every_item"): "every item answered",
    ("waves", "all"): "all",
    ("waves", "before_start"): "before the start",
    ("exposure", "mean_of_pair"): "mean of the pair",
    ("inventories", "first"): "each client's first",
    ("administrative_end", "not_completed"): "not completed",
    ("administrative_end", "completed"): "completed",
    ("practitioners", "without_outlying"): "without outlying ones",
    ("covariates", "none"): "none of clients",
    ("random", "without_slopes"): "no slopes",
    ("random", "practitioners_alone"): "no groups, no sites",
    ("form", "with_squares"): "with squares",
}
"""Options that a plan names itself have their own name, with spaces."""


def option_told(choice: str, option: str) -> str:
    """A choice and its option, for a reader: ``Scoring: every item answered``."""
    told = OPTIONS.get((choice, option), option.replace("_", " "))
    return f"{CHOICES[choice]}: {told}"
