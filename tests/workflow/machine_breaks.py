"""Breaks around a run: of the key, of git, of folders and of the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from damage import RAW
from judging import HARMLESS, MENDED, REFUSED, UNSEEN
from projects import COHORT, Project

NOT_RUN = "not run"
ON_A_DISK = """
disk=$1; size=$2; from=$PWD; shift 2
mkdir "$disk" && mount -t tmpfs -o size="$size"k tmpfs "$disk" && cp -a "$from/." "$disk" || exit 3
cd "$disk" && mkdir tmp && export TMPDIR="$disk/tmp" PYTHONPATH="$disk/src"
"$@" 2>&1; code=$?
mount -o remount,size=2g "$disk"
"$@" >"$from/again" 2>&1 || cat "$from/again"
cp -a "$disk" "$disk.after"
umount -l "$disk"
exit "$code"
"""
"""A command on a disk of so many KiB, again where there is room, and what there is then beside the disk."""

Verdict = tuple[str, str]
Judge = Callable[[Project, Mapping[str, str]], Verdict]


@dataclass(frozen=True)
class Surrounded:
    """One of them; ``whole`` where it takes a whole run."""

    name: str
    judge: Judge
    whole: bool = False


def run_with(project: Project, *arguments: str, **variables: str | None) -> subprocess.CompletedProcess:
    """``alliance-modes run`` with variables of the environment set, or taken away."""
    environment = {**project.environment(), **{key: value for key, value in variables.items() if value}}
    for key in (key for key, value in variables.items() if value is None):
        environment.pop(key, None)
    return subprocess.run(
        project.command("run", *arguments),
        cwd=project.root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def unharmed(**variables: str | None) -> Judge:
    """A run with another environment, where everything is up to date, says so and changes nothing."""

    def judge(project: Project, reference: Mapping[str, str]) -> Verdict:
        done = run_with(project, **variables)
        said = done.stdout + done.stderr
        if done.returncode or "up to date" not in said:
            return UNSEEN, said[-300:]
        return (HARMLESS, "") if project.digests() == reference else (UNSEEN, "the results are others")

    return judge


def of_real_people(project: Project, demonstration: bool = False) -> Path:
    """Let the cohort be one of real people, with its tables typed by a key that is made; that key's file."""
    declared = project.root / RAW / "cohort.yaml"
    lines = [
        line
        for line in declared.read_text(encoding="utf-8").splitlines()
        if not line.startswith(("demonstration:", "simulated:"))
    ]
    lines += ["demonstration: true", f'simulated: "{"0" * 64}"'] if demonstration else []
    declared.write_text("\n".join(lines) + "\n", encoding="utf-8")
    home = project.root.parent / f"{project.root.name}_home"
    home.mkdir(exist_ok=True)
    target = f"data/processed/{COHORT}/typed/origin.json"
    command = [
        *project.command("--workflow-profile", "workflow/profiles/default", target, module="snakemake")
    ]
    done = subprocess.run(
        command, cwd=project.root, env={**project.environment(), "HOME": str(home)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return home / ".config/alliance-modes/identity.key"


def refused(done: subprocess.CompletedProcess, says: str) -> Verdict:
    """Whether a run ended with one message that says so."""
    said = done.stdout + done.stderr
    if done.returncode and said.count(says) == 1 and "Traceback" not in said:
        return REFUSED, ""
    return UNSEEN, said[-600:]


def key_lost(project: Project, _: Mapping[str, str]) -> Verdict:
    key = of_real_people(project)
    key.unlink()
    return refused(run_with(project, HOME=str(key.parents[2])), "is not there")


def key_replaced(project: Project, _: Mapping[str, str]) -> Verdict:
    key = of_real_people(project)
    key.write_text("ab" * 32)
    return refused(run_with(project, HOME=str(key.parents[2])), "holds another")


def tracked(project: Project, demonstration: bool) -> Verdict:
    if shutil.which("git") is None:
        return NOT_RUN, "no git on this machine"
    key = of_real_people(project, demonstration)
    for arguments in (["init", "-q"], ["add", "-f", "data/raw"]):
        subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)
    return refused(run_with(project, HOME=str(key.parents[2])), "tracked by git")


def flag_copied(project: Project, _: Mapping[str, str]) -> Verdict:
    """The ids of people behind a copied flag are made with a secret key, which has to be there."""
    key = of_real_people(project, demonstration=True)
    if not key.exists():
        return UNSEEN, "ids were made with the key that everybody knows"
    key.write_text("ab" * 32)
    return refused(run_with(project, HOME=str(key.parents[2])), "holds another")


def killed_and_started(project: Project, reference: Mapping[str, str]) -> Verdict:
    """``kill -9`` of a run and of its Snakemake, and a start at once."""
    import psutil

    (project.root / "reports" / COHORT / "internal/report.docx").unlink()
    run = project.start("run")
    log, began = project.root / "logs/snakemake.log", time.time()
    while run.poll() is None and not (log.stat().st_mtime > began and "report: begin" in log.read_text()):
        time.sleep(0.02)
    command = psutil.Process(run.pid)
    for process in [command, *command.children(recursive=True)]:
        process.kill()
    done = project.alliance_modes("run")
    run.wait()
    if done.returncode or project.digests() != reference:
        return UNSEEN, (done.stdout + done.stderr)[-600:]
    return MENDED, ""


def full_disk(room: int) -> Judge:
    """A run on a disk of its own that has ``room`` KiB left, and one more once there is room again."""

    def judge(project: Project, reference: Mapping[str, str]) -> Verdict:
        shutil.rmtree(project.root / f"reports/{COHORT}")
        shutil.rmtree(project.root / f"data/processed/{COHORT}/analysis")
        return judge_on_small_disk(project, reference, room)

    return judge


def judge_on_small_disk(project: Project, reference: Mapping[str, str], room: int) -> Verdict:
    """See ``full_disk``."""
    if not _may_mount():
        return NOT_RUN, "this user may not mount a disk of its own here"
    size = sum(path.lstat().st_blocks for path in project.root.rglob("*")) // 2 + room
    disk = project.root.parent / f"{project.root.name}_disk"
    command = ["unshare", "-rm", "bash", "-c", ON_A_DISK, "disk", str(disk), str(size)]
    done = subprocess.run(
        [*command, *project.command("run")],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    after = Project(project.root.parent / f"{disk.name}.after")
    if not done.returncode:
        return UNSEEN, f"the disk was not full: {said[-200:]}"
    if "Traceback" in said or "No space left on device" not in said or "defect of the software" in said:
        return UNSEEN, said[-1500:]
    return (REFUSED, "") if after.digests() == reference else (UNSEEN, "the results are others afterwards")


def of_another_account(mode: int) -> Judge:
    """A run by an account that may use all of a project but the folders that a run writes to."""
    return lambda project, _: judge_of_another_account(project, mode)


def judge_of_another_account(project: Project, mode: int) -> Verdict:
    """See ``of_another_account``."""
    nobody, closed = 65534, ("data/processed", "reports", "logs", ".snakemake")
    environment = {**project.environment(), "HOME": "/nonexistent"}
    become = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups"]
    with tempfile.TemporaryDirectory() as place:
        open_to_all, python = Path(place), Path(place) / "environment/bin/python"
        open_to_all.chmod(0o755)
        if os.geteuid() or shutil.which("setpriv") is None:
            return NOT_RUN, "this user may not become another here"
        _environment_beside(python)
        tried = subprocess.run([*become, python, "-c", "import numpy"], capture_output=True, check=False)
        if tried.returncode:
            return NOT_RUN, "no other user may read this Python and its packages"
        theirs = project.copy(open_to_all / "project")
        for path in (theirs.root, *theirs.root.rglob("*")):
            os.chown(path, nobody, nobody, follow_symlinks=False)
        for name in closed:
            os.chown(theirs.root / name, 0, 0)
            (theirs.root / name).chmod(mode)
        (theirs.root / "reports" / COHORT / "internal/report.docx").unlink()
        environment["PYTHONPATH"] = str(theirs.root / "src")
        command = [*become, str(python), *theirs.command("run")[1:]]
        done = subprocess.run(
            command, cwd=theirs.root, env=environment, capture_output=True, text=True, check=False
        )
    said = done.stdout + done.stderr
    named = all(f"    {name} (it belongs to root: sudo chown -R {nobody} {name})" in said for name in closed)
    return refused(done, "a run has to read and write here") if named else (UNSEEN, said[-1500:])


def _environment_beside(python: Path) -> None:
    """An environment of the packages of this one, with a Python that lies where others may read it."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = shutil.which(name, path="/usr/bin:/usr/local/bin") or os.path.realpath(sys.executable)
    python.parent.mkdir(parents=True)
    python.symlink_to(found)
    home = python.parents[1]
    (home / "pyvenv.cfg").write_text(f"home = {Path(found).parent}\n")
    (home / "lib" / name).mkdir(parents=True)
    (home / "lib" / name / "site-packages").symlink_to(sysconfig.get_path("purelib"))


def _may_mount() -> bool:
    tried = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return (
        bool(shutil.which("unshare"))
        and not subprocess.run(tried, capture_output=True, check=False).returncode
    )


SURROUNDED = (
    Surrounded("HOME not set", unharmed(HOME=None)),
    Surrounded("HOME cannot be written to", unharmed(HOME="/proc")),
    Surrounded("the folder for temporary files is not there", unharmed(TMPDIR="/nonexistent")),
    Surrounded("another time zone and language", unharmed(TZ="Asia/Kathmandu", LC_ALL="C")),
    Surrounded("the key lost", key_lost),
    Surrounded("the key replaced", key_replaced),
    Surrounded("raw files tracked by git", lambda project, _: tracked(project, False)),
    Surrounded(
        "raw files tracked by git, the flag of a demonstration copied",
        lambda project, _: tracked(project, True),
    ),
    Surrounded("the flag of a demonstration copied to other data", flag_copied),
    Surrounded("folders of another account, readable", of_another_account(0o755)),
    Surrounded("folders of another account, closed", of_another_account(0o700)),
    Surrounded("kill -9 and a start at once", killed_and_started, whole=True),
    Surrounded("100 KiB left on the disk", full_disk(100), whole=True),
    Surrounded("1 MiB left on the disk", full_disk(1_000), whole=True),
    Surrounded("8 MiB left on the disk", full_disk(8_000), whole=True),
)
