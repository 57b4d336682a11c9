"""Malformed inputs: what each is, how its files are made, and what must be said about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Maker = Callable[[Path], None]
READ = "no problems"

ENROLMENTS = "enrolment,client,started\nE1,C1,2024-01-08\nE2,C2,2024-01-09\n"
HEADER = "enrolment," + ",".join(f"w{item}" for item in range(1, 13))
ALLIANCE = f"{HEADER}\nE1{',3' * 12}\nE2{',4' * 12}\n"

COHORT = """\
cohort: small
title: a small cohort
data_lock: 2024-12-31
tables:
  enrolments:
    files: enrolments.csv
    format: csv
    columns:
      enrolment_id: enrolment
      client_id: client
      started_on: started
  alliance:
    files: alliance.csv
    format: csv
    columns: {enrolment_id: enrolment}
    inventories:
      - {instrument: wai_sr, rater: client, items: "w{item}"}
"""


@dataclass(frozen=True)
class Case:
    """One malformed cohort.

    Parameters
    ----------
    name : str
        What is wrong with it.
    says : tuple of str
        What the message must hold; ``READ`` alone where the input is odd and harmless.
    files : mapping of str to str, bytes or Maker
        Written over the good files; None removes one; a maker is given the file's path.
    cohort : str or bytes
        ``cohort.yaml``.
    alone : bool
        Whether it is dangerous and is tried in a process of its own.
    """

    name: str
    says: tuple[str, ...]
    files: dict[str, str | bytes | Maker | None] = field(default_factory=dict)
    cohort: str | bytes | Maker = COHORT
    alone: bool = False

    def write(self, folder: Path) -> None:
        """Make the cohort in ``folder``, which is empty."""
        made = {
            "enrolments.csv": ENROLMENTS,
            "alliance.csv": ALLIANCE,
            **self.files,
            "cohort.yaml": self.cohort,
        }
        for name, content in made.items():
            if callable(content):
                content(folder / name)
            elif content is not None:
                (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def declared(old: str, new: str) -> str:
    """The good ``cohort.yaml`` with one passage changed."""
    if old not in COHORT:
        raise ValueError(old)
    return COHORT.replace(old, new, 1)


def enrolments(content: str | bytes | Maker, name: str, *says: str, cohort: str = COHORT) -> Case:
    """A case whose enrolments are wrong."""
    return Case(name, says, {"enrolments.csv": content}, cohort)


def dates(text: str | bytes, name: str, *says: str, cohort: str = COHORT) -> Case:
    """A case whose second start is written so."""
    text = text if isinstance(text, bytes) else text.encode()
    said = says if says == (READ,) else ("enrolments.csv", "row 3", '"started"', *says)
    return enrolments(ENROLMENTS.encode().replace(b"2024-01-09", text), name, *said, cohort=cohort)


def answers(text: str, name: str, *says: str, cohort: str = COHORT) -> Case:
    """A case in which the first answer of the second client is written so."""
    said = says if says == (READ,) else ("alliance.csv", "row 3", '"w1"', *says)
    return Case(name, said, {"alliance.csv": ALLIANCE.replace("E2,4", f"E2,{text}")}, cohort)


def client(text: str, name: str, *says: str) -> Case:
    """A case in which the second client's id is written so."""
    return enrolments(ENROLMENTS.replace("C2", text), name, *says)


def _long_text(path: Path) -> None:
    path.write_text(f'{ENROLMENTS}E3,"C3,2024-01-10\n' + "E4,C4,2024-01-10\n" * 1_000_000)


def _wide(path: Path) -> None:
    names = ["enrolment", "client", "started", *(f"v{place}" for place in range(9_997))]
    rows = (["E1", "C1", "2024-01-08"], ["E2", "C2", "soon"])
    lines = [",".join(names), *(",".join([*row, *["1"] * 9_997]) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(ENROLMENTS.encode())
        stream.truncate(2 << 30)


def _long_line(path: Path) -> None:
    """One line of 2 GB: 64 MB of text, then a hole."""
    with path.open("wb") as stream:
        stream.write(ENROLMENTS.encode() + b"E3,")
        stream.write(b"x" * (64 << 20))
        stream.truncate(2 << 30)


def _link(target: str) -> Maker:
    return lambda path: path.symlink_to(target)


def _pipe(path: Path) -> None:
    import os

    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


STAFF = """\
  practitioners:
    files: staff.csv
    format: csv
    columns: {practitioner_id: id, role: role, experience_years: years}
"""


def staff(text: str, name: str, *says: str) -> Case:
    """A case with a table of practitioners."""
    return Case(name, says, {"staff.csv": text}, COHORT + STAFF)


def mandated(text: str, name: str, *says: str) -> Case:
    """A case in which a truth value is spelled so."""
    rows = f"enrolment,client,started,order\nE1,C1,2024-01-08,1\nE2,C2,2024-01-09,{text}\n"
    cohort = declared("started_on: started\n", "started_on: started\n      mandated: order\n")
    return enrolments(rows, name, *says, cohort=cohort)


UTF16 = declared("format: csv\n    columns:\n", "format: csv\n    encoding: utf-16\n    columns:\n")
TWO_FORMATS = declared("    columns:\n", '    date_formats: ["%d/%m/%Y", "%m/%d/%Y"]\n    columns:\n')

FILES = (
    Case("file is missing", ("enrolments.csv", "does not exist"), {"enrolments.csv": None}),
    Case("folder in place of a file", ("enrolments.csv", "->"), {"enrolments.csv": _folder}),
    Case("pipe in place of a file", ("enrolments.csv", "->"), {"enrolments.csv": _pipe}, alone=True),
    Case("link to itself", ("enrolments.csv", "->"), {"enrolments.csv": _link("enrolments.csv")}),
    Case("endless device", ("enrolments.csv", "->"), {"enrolments.csv": _link("/dev/zero")}, alone=True),
    Case("unreadable file", ("enrolments.csv", "read"), {"enrolments.csv": _link("/proc/self/mem")}),
    Case(
        "line of 2 GB of NUL", ("enrolments.csv", "line 4", "4 MB"), {"enrolments.csv": _sparse}, alone=True
    ),
    Case(
        "line of 2 GB of text",
        ("enrolments.csv", "line 4", "4 MB"),
        {"enrolments.csv": _long_line},
        alone=True,
    ),
    Case(
        "quote open to the end of a large file",
        ("enrolments.csv", "row 4", "quotation mark"),
        {"enrolments.csv": _long_text},
        alone=True,
    ),
    Case("10,000 columns", ("enrolments.csv", "row 3", "soon"), {"enrolments.csv": _wide}),
    Case(
        "name with a line break",
        ("cohort.yaml", "line 6", "control characters"),
        {"enrolments.csv": None, "öffn\nung.csv": ENROLMENTS},
        declared("files: enrolments.csv", 'files: "öffn\\nung.csv"'),
    ),
    Case(
        "name with letters of many scripts",
        (READ,),
        {"enrolments.csv": None, "Öffnung 開始.csv": ENROLMENTS},
        declared("files: enrolments.csv", 'files: "Öffnung 開始.csv"'),
    ),
    Case(
        "name with escape codes",
        ("control characters",),
        cohort=declared("files: enrolments.csv", 'files: "\\e[31mx.csv"'),
    ),
    Case(
        "name that is too long",
        ("cohort.yaml", "line 6", "255"),
        cohort=declared("enrolments.csv", "x" * 5000 + ".csv"),
    ),
    Case("name with NUL", ("cohort.yaml",), cohort=declared("enrolments.csv", '"a\\0b.csv"')),
)

TEXTS = (
    enrolments("", "empty file", "enrolments.csv", "empty"),
    enrolments("\n\n\n", "only line breaks", "enrolments.csv", "empty"),
    enrolments("enrolment,client,started\n", "header only", "enrolments.csv", "no data rows"),
    enrolments(ENROLMENTS[:-9], "cut off within a date", "enrolments.csv", "row 3", '"started"'),
    enrolments(ENROLMENTS[:-13], "cut off within a row", "enrolments.csv", "row 3", "fewer cells"),
    enrolments(ENROLMENTS.encode("utf-16-le"), "UTF-16 without a mark", "line 1", "NUL", "utf-16"),
    enrolments(ENROLMENTS.encode("utf-16"), "UTF-16 with a mark", READ),
    enrolments(ENROLMENTS.encode("utf-32"), "UTF-32 with a mark", READ),
    enrolments(ENROLMENTS.encode("utf-16")[:-1], "UTF-16 cut off", "enrolments.csv", "not utf-16"),
    enrolments(ENROLMENTS, "UTF-8 declared as UTF-16", "enrolments.csv", "encoding", cohort=UTF16),
    enrolments(b"\xef\xbb\xbf" + ENROLMENTS.encode(), "byte-order mark at the start", READ),
    enrolments(b"\xef\xbb\xbf" * 2 + ENROLMENTS.encode(), "two byte-order marks", READ),
    enrolments(ENROLMENTS.replace("client", "\ufeffclient"), "byte-order mark within the header", READ),
    enrolments(ENROLMENTS.replace("C2", "C\0"), "NUL byte", "enrolments.csv", "line 3", "NUL"),
    enrolments(bytes(range(1, 256)) * 40, "random bytes", "enrolments.csv"),
    enrolments(b"PK\x03\x04" + bytes(900), "workbook named as text", "enrolments.csv", "NUL"),
    enrolments(
        ENROLMENTS.encode() + b"E3,\xff\xfe,2024-01-08\n",
        "not the encoding that is declared",
        "line 4",
        "not utf-8",
        cohort=declared("format: csv\n    columns:\n", "format: csv\n    encoding: utf-8\n    columns:\n"),
    ),
    enrolments(ENROLMENTS.replace("client", "enrolment"), "duplicate headers", "row 1", "more than once"),
    enrolments("Start of case,,\n" + ENROLMENTS, "two rows of headers", "row 1", "taken for the header"),
    enrolments(ENROLMENTS + "E3,C3\n", "short row", "row 4", "fewer cells"),
    enrolments(ENROLMENTS + "E3,C3,2024-01-08,late\n", "long row", "row 4", "beyond the 3 named"),
    enrolments(ENROLMENTS + 'E3,"C3,2024-01-08\n', "quote not closed", "row 4", "quotation mark"),
    enrolments(ENROLMENTS + 'E3,"C"3,2024-01-08\n', "quote within a cell", "row 4", "quotation mark"),
    enrolments(ENROLMENTS.replace("\n", "\r"), "line ends of old Macintoshes", READ),
    enrolments("a;b\n" + ENROLMENTS, "a line above the header", "row 1", "taken for the header"),
    enrolments(ENROLMENTS.replace("client", "cli\u200bent"), "invisible sign in a header", READ),
    enrolments(ENROLMENTS.replace("client", "\u00a0client "), "non-breaking space in a header", READ),
    client("=1+1", "id that is a formula", "row 3", '"client"', "formula"),
    client('="002"', "id as a quoted formula", "row 3", '"client"', "formula"),
    client("#N/A", "id that is an error value", "row 3", '"client"', "#N/A"),
    client(" \u00a0\u200b ", "id of spaces alone", READ),
    staff("id,role,years\nP1,=HYPERLINK(1),3\n", "label that begins with an equals sign", READ),
    staff("id,role,years\nP1,a,-0\n", "negative zero", READ),
    staff("id,role,years\nP1,a,#DIV/0!\n", "error value", "staff.csv", "row 2", '"years"', "formula"),
    dates("30/02/2024", "the 30th of February", "30/02/2024", cohort=TWO_FORMATS),
    dates("03/04/2024", "date in two orders", "different day", cohort=TWO_FORMATS),
    dates("0000-01-01", "year 0000", "0000-01-01"),
    dates("2024-01-09T10:00:00+02:00", "time with a zone", "date_formats"),
    dates("45300", "serial number of a spreadsheet", "45300", "date_formats"),
    dates("9" * 100_000, "value of 100,000 digits", "characters more"),
    dates("\x1b[31mred\x1b[0m\x07", "escape codes of a terminal", "\\x1b[31mred"),
    dates("\u202e2024", "text that runs backwards", "\\u202e"),
    answers("1e999", "number beyond all", "1e999"),
    answers("NaN", "NaN", "NaN"),
    answers("-inf", "infinity", "-inf"),
    answers('"1,5"', "decimal comma that is not declared", "1,5", "decimal"),
    answers('"1.000"', "a whole number with zeros", READ),
    answers('"1,000"', "thousands separator", "1,000"),
    answers("３", "full-width digits", "３", "not a number"),
    answers("0x4", "hexadecimal number", "0x4"),
    answers("9", "answer outside the scale", "9", "wai_sr"),
    answers("#REF!", "answer that is an error value", "#REF!"),
    mandated("TRUE", "truth value in capitals", READ),
    mandated("oui", "truth value in another language", "row 3", "oui", "labels"),
    mandated("2", "truth value that is 2", "row 3", '"order"'),
)
