"""One way in which something that was read is not analysed, or is not what it is taken for."""

from __future__ import annotations

from dataclasses import dataclass

LATE = "surveyed_late"
"""The reason of practitioners who were surveyed too late for the plan."""


@dataclass(frozen=True)
class Loss:
    """One way in which something that was read is not analysed.

    Parameters
    ----------
    table : str
        Canonical table.
    reason : str
        A ``domain.LossReason``.
    count, of : int
        Rows (cells of a column where ``reason`` is ``set_missing`` or ``unread`` or says what its days
        tell, distinct ids where a practitioner is unlinked), and how many there are in all.
    said : str
        What happened, in words, for a person.
    column, file : str
        Where the loss is of one column or one file.
    offer : str
        What would mend it, where the data show that.
    """

    table: str
    reason: str
    count: int
    of: int
    said: str
    column: str = ""
    file: str = ""
    offer: str = ""

    @property
    def share(self) -> float:
        """Lost of all, 0 to 1."""
        return self.count / self.of if self.of else 0.0

    @property
    def whole(self) -> bool:
        """Whether nothing is left."""
        return 0 < self.count == self.of
