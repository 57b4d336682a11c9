"""Mode scores permuted over practitioners: what a curve looks like where modes go with nothing."""

from __future__ import annotations

import zlib

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.plan.parts import RelationTask
from alliance_modes.relations.fitted import Asked
from alliance_modes.relations.practitioner_columns import practitioners_of
from alliance_modes.relations.specifications.data import Tables
from alliance_modes.relations.specifications.listed import looked_at


def permuted(one: Asked, task: RelationTask, tables: Tables, draw: int) -> dict[str, pd.DataFrame]:
    """The tables with the scores of the predictors looked at given to other practitioners.

    Parameters
    ----------
    one : Asked
    task : RelationTask
    tables : mapping of DataFrame
        Analysis tables.
    draw : int
        Number of the draw: the same one orders practitioners alike under every specification.

    Notes
    -----
    A practitioner's scores stay together, and those who were not surveyed have none still. Under no effect of
    the modes practitioners are exchangeable, whatever the random effects are.
    """
    columns = [task.predictors[name].column for name in looked_at(one, task.predictors)]
    given = {name: tables[name] for name in dict.fromkeys(["practitioner", one.table]) if name in tables}
    known = practitioners_of(next(iter(given.values()))).set_index(PRACTITIONER_ID)[columns]
    known = known.set_axis(known.index.astype("str")).apply(as_number).dropna().sort_index()
    drawn = np.random.default_rng([task.seed, zlib.crc32(b"specifications.null"), draw])
    salt = int(drawn.integers(2**31))
    order = np.argsort([zlib.crc32(f"{salt} {name}".encode()) for name in known.index], kind="stable")
    other = pd.DataFrame(known.to_numpy()[order], index=known.index, columns=columns)
    changed = dict(tables)
    for name, table in given.items():
        ids = table[PRACTITIONER_ID].astype("str")
        changed[name] = table.assign(**{column: ids.map(other[column]) for column in columns})
    return changed
