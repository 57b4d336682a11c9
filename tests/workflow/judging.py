"""What comes of a break: mended, refused, harmless, or not seen."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from broken import Break, Meanwhile
from projects import Project

MENDED, REFUSED, HARMLESS, UNSEEN = (
    "seen and mended",
    "refused with one message",
    "nothing is wrong",
    "UNSEEN",
)
PROFILE = ("-n", "--workflow-profile", "workflow/profiles/default")


def judged(one: Break, project: Project, reference: Mapping[str, str]) -> tuple[str, str]:
    """Do a break to a finished project, of which nothing is used afterwards; what comes of it, and why.

    What has to be made again is looked at in a dry run: whether it is the same afterwards a run of many
    breaks together tells (``what_is_not_mended``).
    """
    one.do(project.root)
    if one.refused:
        return _refused(one, project)
    if one.rules:
        dry = project.snakemake(*PROFILE)
        return _as_expected(MENDED, one, _rules(dry.stdout + dry.stderr), dry.stdout + dry.stderr)
    done = project.alliance_modes("run")
    said = done.stdout + done.stderr
    if done.returncode or "nothing to do: up to date" not in said:
        return UNSEEN, f"something was made, or refused: {said[-300:]}"
    return (HARMLESS, "") if project.digests() == reference else (UNSEEN, "the results are others")


def what_is_not_mended(
    breaks: Sequence[Break], project: Project, reference: Mapping[str, str]
) -> dict[str, str]:
    """Do many breaks to one finished project, run it, and say of which nothing was said; and what differs."""
    for one in breaks:
        one.do(project.root)
    done = project.alliance_modes("run")
    said = done.stdout + done.stderr
    wrong = {} if not done.returncode else {"the run": said[-1500:]}
    now = project.digests()
    differing = sorted(name for name in reference.keys() | now.keys() if reference.get(name) != now.get(name))
    wrong |= {name: "not what it was" for name in differing}
    return wrong


def meanwhile(one: Meanwhile, project: Project) -> tuple[str, str]:
    """Change a file while a finished project is run, and restore it; what comes of it, and why."""
    path, noted = project.root / one.path, project.root / ".alliance_modes/sources.json"
    before, planned = path.read_bytes(), noted.stat().st_mtime_ns
    (project.root / one.removed).unlink()
    running = project.start("run")
    _wait_while(lambda: running.poll() is None and noted.stat().st_mtime_ns == planned)
    path.write_bytes(before + b"\n")
    log = project.root / "logs/snakemake.log"
    _wait_while(lambda: running.poll() is None and f"Error in rule {one.rule}" not in _text(log))
    path.write_bytes(before)
    if running.poll() is None:
        os.kill(running.pid, signal.SIGINT)
    said, _ = running.communicate(timeout=120)
    refused = "changed while the run was under way" in _logged(project)
    dry = project.snakemake(*PROFILE)
    rules = _rules(dry.stdout + dry.stderr)
    if not refused:
        return UNSEEN, said[-600:]
    return (MENDED, "") if one.rule in rules else (UNSEEN, f"not run again: {sorted(rules)}")


def _refused(one: Break, project: Project) -> tuple[str, str]:
    done = project.alliance_modes("run")
    said = done.stdout + done.stderr
    if not done.returncode:
        return UNSEEN, "the run went through"
    if "Traceback" in said or one.says not in said:
        return UNSEEN, f"another message: {said[-600:]}"
    return REFUSED, ""


def _as_expected(verdict: str, one: Break, rules: set[str], said: str) -> tuple[str, str]:
    if not rules.issuperset(one.rules):
        return UNSEEN, f"not to be run: {sorted(set(one.rules) - rules)} {said[-300:]}"
    return (verdict, "") if one.says in said else (UNSEEN, f"nothing is said of it: {said[:300]}")


def _rules(said: str) -> set[str]:
    rows = said.partition("Job stats:")[2].partition("total")[0]
    return {row.split()[0] for row in rows.splitlines() if row.split()[1:] and row.split()[1].isdigit()}


def _logged(project: Project) -> str:
    logs = sorted((project.root / "logs").rglob("*.log"))
    return "".join(_text(path) for path in logs)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _wait_while(condition) -> None:
    while condition():
        time.sleep(0.002)
