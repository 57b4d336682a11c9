"""Whether published numbers came out again, one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from alliance_modes.published.expected import Expected
from alliance_modes.published.results import Results

Kind = Literal["reproduced", "differs", "not computable"]


@dataclass(frozen=True)
class Verdict:
    """What became of one published number.

    Parameters
    ----------
    expected : Expected
    kind : {'reproduced', 'differs', 'not computable'}
    found : float, optional
        The number of the run.
    why : str
        Why there is none.
    """

    expected: Expected
    kind: Kind
    found: float | None = None
    why: str = ""

    @property
    def text(self) -> str:
        """The verdict in words: ``reproduced``, ``differs by 0.012``, ``not computable: …``."""
        if self.kind == "differs" and self.found is not None:
            return f"differs by {self.found - self.expected.value:+.4g}"
        return f"{self.kind}: {self.why}" if self.why else self.kind


def verdicts(numbers: Iterable[Expected], results: Results) -> tuple[Verdict, ...]:
    """A verdict per published number, in their order."""
    return tuple(_verdict(one, results) for one in numbers)


def _verdict(one: Expected, results: Results) -> Verdict:
    try:
        found = results.value(one.quantity)
    except LookupError as error:
        return Verdict(one, "not computable", why=str(error.args[0]))
    return Verdict(one, "reproduced" if one.is_met_by(found) else "differs", found)
