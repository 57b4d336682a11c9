"""All true counts that agree with what a reader knows, and the smallest and largest of one of them.

The rows are what is known: sums of atoms between two limits. The atoms are at least zero, and neighbouring
cliques agree. Each end of an interval is a linear programme; it starts from the corner where the one before
ended, which takes a small part of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

EXACT = 1e-6
_PRIMAL = 4
"""The simplex method that goes on from a corner when only the objective changes."""

_DUAL = 1
"""The one that needs no corner to start from."""

MANY_COLUMNS = 10_000
"""Atoms from which on the first corner is sought from inside, a fourth of the time of a simplex method."""

_MOST_NODES = 500
"""Where a search among whole numbers ends: a number of steps, not a time."""


def objective(rows: sparse.csr_array, number: int) -> np.ndarray:
    """One row of sums of atoms, in full."""
    found = np.zeros(rows.shape[1])
    of_row = slice(rows.indptr[number], rows.indptr[number + 1])
    found[rows.indices[of_row]] = rows.data[of_row]
    return found


@dataclass(frozen=True)
class Limit:
    """What a combination of atoms cannot pass, and which of the known rows say so (their dual values)."""

    value: float
    prices: np.ndarray


@dataclass(frozen=True)
class End(Limit):
    """One end of an interval: a limit that is reached, and the atoms there."""

    atoms: np.ndarray


class Polytope:
    """What is known, to be asked again and again.

    Parameters
    ----------
    rows : csr_array
        Sums of atoms that are known to lie from ``low`` to ``high``.
    agreement : csr_array
        Combinations of atoms that are zero.
    most : float
        Atoms are at most this: far more than any count, so that no end is infinite.
    """

    def __init__(
        self,
        rows: sparse.csr_array,
        low: np.ndarray,
        high: np.ndarray,
        agreement: sparse.csr_array,
        most: float,
    ) -> None:
        import highspy

        matrix = sparse.csr_array(sparse.vstack([rows, agreement], format="csr"))
        zero = np.zeros(agreement.shape[0])
        self.matrix, self.most, self.known = matrix, float(most), rows.shape[0]
        self.low, self.high = np.concatenate([low, zero]), np.concatenate([high, zero])
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("presolve", "off")
        self._solver.setOptionValue("solver", "simplex")
        self._solver.setOptionValue("simplex_strategy", _PRIMAL)
        self._solver.setOptionValue("mip_max_nodes", _MOST_NODES)
        columns = matrix.shape[1]
        self._solver.passModel(
            columns,
            matrix.shape[0],
            matrix.nnz,
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            np.zeros(columns),
            np.zeros(columns),
            np.full(columns, self.most),
            self.low.astype(float),
            self.high.astype(float),
            matrix.indptr.astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data.astype(float),
            np.zeros(columns, np.int32),
        )
        self._columns = np.arange(columns, dtype=np.int32)

    def possible(self) -> bool:
        """Whether any atoms agree with what is known."""
        if len(self._columns) >= MANY_COLUMNS:
            self._from_inside(corner=True)
            if self._solved():
                return True
            self._solver.clearSolver()
        self._run(np.zeros(len(self._columns)))
        return self._solved()

    def endless(self, limit: Limit) -> bool:
        """Whether a limit is none but that atoms are not more than far more than any count."""
        return bool(abs(limit.value) >= self.most / 2)

    def inside(self) -> np.ndarray | None:
        """A point away from all limits, as the interior method comes to it; None where it comes to none."""
        corner = self._solver.getBasis()
        self._from_inside(corner=False)
        atoms = np.array(self._solver.getSolution().col_value) if self._solved() else None
        self._solver.clearSolver()
        if corner.valid:
            self._solver.setBasis(corner)
        return atoms if atoms is not None and self.holds(atoms) else None

    def holds(self, atoms: np.ndarray) -> bool:
        """Whether these atoms agree with what is known."""
        values = self.matrix @ atoms
        inside = np.all(values >= self.low - EXACT) and np.all(values <= self.high + EXACT)
        return bool(inside and atoms.min() >= -EXACT and atoms.max() <= self.most + EXACT)

    def end(self, objective: np.ndarray, largest: bool) -> End:
        """The least or the largest value of a combination of atoms.

        Raises
        ------
        RuntimeError
            HiGHS found neither.
        """
        self._run(-objective if largest else objective)
        if not self._solved():
            raise RuntimeError(f"HiGHS ended with {self._solver.getModelStatus()}")
        solution = self._solver.getSolution()
        atoms = np.array(solution.col_value)
        prices = np.array(solution.row_dual)[: self.known]
        return End(float(objective @ atoms), prices, atoms)

    def whole(self, objective: np.ndarray, largest: bool, atoms: np.ndarray) -> float:
        """The same where some ``atoms`` are whole; where the search is long, a limit beyond which none is."""
        kinds = np.zeros_like(self._columns, np.uint8)
        kinds[atoms] = 1
        self._solver.changeColsIntegrality(len(kinds), self._columns, kinds)
        self._run(-objective if largest else objective)
        found = self._solver.getInfo().mip_dual_bound
        self._solver.changeColsIntegrality(len(kinds), self._columns, np.zeros_like(kinds))
        return -found if largest else found

    def _solved(self) -> bool:
        return self._solver.getModelStatus().name == "kOptimal"

    def _run(self, cost: np.ndarray) -> None:
        self._solver.changeColsCost(len(self._columns), self._columns, cost.astype(float))
        self._solver.run()
        if self._solver.getModelStatus().name == "kUnknown":
            self._again()

    def _from_inside(self, corner: bool) -> None:
        """The interior method from the start, then to a corner from which the simplex method can go on."""
        self._solver.clearSolver()
        self._solver.setOptionValue("solver", "ipm")
        self._solver.setOptionValue("run_crossover", "on" if corner else "off")
        self._solver.changeColsCost(len(self._columns), self._columns, np.zeros(len(self._columns)))
        self._solver.run()
        self._solver.setOptionValue("solver", "simplex")

    def _again(self) -> None:
        """Once more from the start by the dual method: of many atoms, a corner can be lost to rounding."""
        self._solver.clearSolver()
        self._solver.setOptionValue("simplex_strategy", _DUAL)
        self._solver.run()
        self._solver.setOptionValue("simplex_strategy", _PRIMAL)
