"""What people and machines do to files of a project."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from projects import COHORT

PROCESSED, INTERNAL = f"data/processed/{COHORT}", f"reports/{COHORT}/internal"
RELEASE, RAW, NOTES = f"reports/{COHORT}/release", f"data/raw/{COHORT}", ".alliance_modes"
FUTURE = 2_000_000_000
Done = Callable[[Path], object]


def on(path: str, damage: Callable[[Path], object]) -> Done:
    """``damage`` to one file of the project."""
    return lambda root: damage(root / path)


def changed_digit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    place = next(number for number, sign in enumerate(text) if sign.isdigit())
    path.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}", encoding="utf-8")


def flipped_byte(path: Path) -> None:
    """Of a file whose times stay."""
    about, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def nulls(path: Path) -> None:
    """What a power cut can leave of a file that was written just before."""
    path.write_bytes(bytes(path.stat().st_size))


def older(path: Path) -> None:
    changed_digit(path)
    os.utime(path, (0, 0))


def of_the_future(path: Path) -> None:
    changed_digit(path)
    os.utime(path, (FUTURE, FUTURE))


def gone(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def linked_to_other(path: Path) -> None:
    """A link in its place, to a file of other content."""
    gone(path)
    other = path.parents[4] / "other.json"
    other.write_text("{}")
    path.symlink_to(other.absolute())


def linked_elsewhere(path: Path) -> None:
    """A link in its place, to the same content in another place, where anybody may change it."""
    other = path.parents[4] / path.name
    os.replace(path, other)
    path.symlink_to(other.absolute())


def a_folder(path: Path) -> None:
    gone(path)
    path.mkdir()
    (path / "mine.txt").write_text("mine")


def a_file(path: Path) -> None:
    gone(path)
    path.write_text("mine")


def a_pipe(path: Path) -> None:
    gone(path)
    os.mkfifo(path)


def read_only(path: Path) -> None:
    path.chmod(0o400)


def swapped(root: Path, one: str, other: str) -> None:
    between = root / "between"
    os.replace(root / one, between)
    os.replace(root / other, root / one)
    os.replace(between, root / other)


def other_note(path: Path) -> None:
    """A note that names other digests of files than what was made."""
    note = json.loads(path.read_text(encoding="utf-8"))
    note["files"] = dict.fromkeys(note["files"], "0" * 64)
    path.write_text(json.dumps(note), encoding="utf-8")


def of_another_folder(root: Path) -> None:
    """One stage's tables copied over those of another, of the same names."""
    for path in sorted((root / PROCESSED / "typed").glob("*.parquet")):
        if (root / PROCESSED / "clean" / path.name).exists():
            shutil.copy2(path, root / PROCESSED / "clean" / path.name)


def both_hidden_folders_gone(root: Path) -> None:
    """As after a copy of what a window of files shows."""
    gone(root / ".snakemake")
    gone(root / NOTES)


def records_cut_short(root: Path) -> None:
    for path in sorted((root / ".snakemake/metadata").iterdir())[:3]:
        cut_short(path)


def one_figure(root: Path, suffix: str) -> Path:
    return root / INTERNAL / f"figures/mode_use.{suffix}"


def edited_and_restored(path: Path) -> None:
    before = path.read_bytes()
    path.write_bytes(before + b"\n# mine\n")
    path.write_bytes(before)


def junk_in_notes(root: Path) -> None:
    for name in ("seen", "jobs", "imports", "snakemake", "sources"):
        (root / NOTES / f"{name}.json").write_text('[["a')


def moved_with_a_link(root: Path) -> None:
    """Results on another disk, where the folder leads by a link."""
    shutil.move(root / "data/processed", root / "elsewhere")
    (root / "data/processed").symlink_to(root / "elsewhere")


def locked_by_killed(root: Path) -> None:
    for name in ("0.input.lock", "0.output.lock"):
        (root / ".snakemake/locks").mkdir(exist_ok=True)
        (root / ".snakemake/locks" / name).write_text(f"{INTERNAL}/report.html\n")


def said_twice(root: Path) -> None:
    other = root / "config/config.yaml"
    other.write_text(
        f"cohorts: {{{COHORT}: data/raw/{COHORT}, twin: data/raw/{COHORT}}}\nplan: config/plan.yaml\n"
    )


def named_alike(root: Path) -> None:
    (root / "config/config.yaml").write_text(
        f"cohorts: [{COHORT}, {COHORT.title()}]\nplan: config/plan.yaml\n"
    )


def renamed_raw(root: Path, name: str) -> None:
    os.replace(root / RAW / "sessions.csv", root / RAW / name)
    declared = root / RAW / "cohort.yaml"
    text = declared.read_text(encoding="utf-8").replace("sessions.csv", name)
    declared.write_text(text, encoding="utf-8")


def other_lock(root: Path) -> None:
    path = root / "requirements.lock"
    path.write_text(path.read_text(encoding="utf-8").replace("pandas==", "pandas==0."), encoding="utf-8")


def longer_lock(root: Path) -> None:
    with (root / "requirements.lock").open("a", encoding="utf-8") as stream:
        stream.write("no-such-package==1.0\n")
