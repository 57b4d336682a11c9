"""Columns of the tables of measurement, with their dtypes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

RELIABILITY_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "items": "Int64",
    "n": "Int64",
    "alpha": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "status": "str",
    "reason": "str",
    "omega": "float64",
    "omega_low": "float64",
    "omega_high": "float64",
    "omega_status": "str",
    "omega_reason": "str",
}
"""Columns of ``reliability.csv``."""

ITEM_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "item": "Int64",
    "reversed": "boolean",
    "n": "Int64",
    "missing": "Int64",
    "mean": "float64",
    "sd": "float64",
    "item_rest": "float64",
    "floor": "float64",
    "ceiling": "float64",
    "alpha_if_dropped": "float64",
    "flag": "str",
}
"""Columns of ``items.csv``."""

SCALE_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "kind": "str",
    "items": "Int64",
    "answered": "Int64",
    "complete": "Int64",
    "cells": "Int64",
    "missing": "Int64",
    "mean": "float64",
    "sd": "float64",
    "floor": "float64",
    "ceiling": "float64",
    "reliability": "float64",
    "reliability_kind": "str",
    "sem": "float64",
    "sdc": "float64",
    "sem_score": "float64",
    "sdc_score": "float64",
    "status": "str",
    "reason": "str",
}
"""Columns of ``scales.csv``."""

RESPONSE_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "item": "Int64",
    "reversed": "boolean",
    "response": "Int64",
    "count": "Int64",
    "n": "Int64",
    "share": "float64",
}
"""Columns of ``item_responses.csv``."""

CORRELATION_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "first": "str",
    "second": "str",
    "n": "Int64",
    "r": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "reliability_first": "float64",
    "reliability_second": "float64",
    "disattenuated": "float64",
    "disattenuated_low": "float64",
    "disattenuated_high": "float64",
    "status": "str",
    "reason": "str",
}
"""Columns of ``subscale_correlations.csv``."""

CLUSTER_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "unit": "str",
    "grouping": "str",
    "n": "Int64",
    "clusters": "Int64",
    "smallest": "Int64",
    "largest": "Int64",
    "size": "float64",
    "icc1": "float64",
    "icc1_low": "float64",
    "icc1_high": "float64",
    "icc2": "float64",
    "icc2_low": "float64",
    "icc2_high": "float64",
    "design_effect": "float64",
    "status": "str",
    "reason": "str",
}
"""Columns of ``icc.csv``."""

REPEATED_COLUMNS: Mapping[str, str] = {
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "items": "Int64",
    "persons": "Int64",
    "repeated": "Int64",
    "inventories": "Int64",
    "occasions": "Int64",
    "per_person": "float64",
    "var_person": "float64",
    "var_person_item": "float64",
    "var_person_occasion": "float64",
    "var_residual": "float64",
    "r_1f": "float64",
    "r_kf": "float64",
    "r_kf_low": "float64",
    "r_kf_high": "float64",
    "r_kr": "float64",
    "r_kr_low": "float64",
    "r_kr_high": "float64",
    "r_c": "float64",
    "r_c_low": "float64",
    "r_c_high": "float64",
    "sem_within": "float64",
    "status": "str",
    "reason": "str",
}
"""Columns of ``reliability_repeated.csv``."""

AGREEMENT_COLUMNS: Mapping[str, str] = {
    "scale": "str",
    "first_rater": "str",
    "first_instrument": "str",
    "second_rater": "str",
    "second_instrument": "str",
    "unit": "str",
    "n": "Int64",
    "clusters": "Int64",
    "mean_first": "float64",
    "mean_second": "float64",
    "icc_a1": "float64",
    "icc_a1_low": "float64",
    "icc_a1_high": "float64",
    "icc_a1_clustered_low": "float64",
    "icc_a1_clustered_high": "float64",
    "icc_c1": "float64",
    "icc_c1_low": "float64",
    "icc_c1_high": "float64",
    "icc_c1_clustered_low": "float64",
    "icc_c1_clustered_high": "float64",
    "bias": "float64",
    "bias_low": "float64",
    "bias_high": "float64",
    "sd_difference": "float64",
    "lower": "float64",
    "lower_low": "float64",
    "lower_high": "float64",
    "upper": "float64",
    "upper_low": "float64",
    "upper_high": "float64",
    "slope": "float64",
    "slope_low": "float64",
    "slope_high": "float64",
    "status": "str",
    "reason": "str",
}
"""Columns of ``agreement_raters.csv``."""


def typed(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """``table`` with these columns in order, absent ones missing, in their dtypes."""
    return table.reindex(columns=list(columns)).astype(dict(columns))
