"""What lies on disk is what was made: a result that is not is made again, and a source stays as planned."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time

import pytest
from projects import COHORT

PROCESSED, INTERNAL = f"data/processed/{COHORT}", f"reports/{COHORT}/internal"
RAW = f"data/raw/{COHORT}/sessions.csv"


def changed_digit(path):
    text = path.read_text(encoding="utf-8")
    place = next(number for number, sign in enumerate(text) if sign.isdigit())
    path.write_text(f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}", encoding="utf-8")


def flipped_byte(path):
    about, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def emptied(path):
    path.write_bytes(b"")


def older(path):
    changed_digit(path)
    os.utime(path, (0, 0))


@pytest.mark.parametrize(
    ("path", "damage", "rule"),
    [
        (f"{PROCESSED}/analysis/flow.csv", changed_digit, "derive"),
        (f"{PROCESSED}/clean/sessions.parquet", flipped_byte, "clean"),
        (f"{PROCESSED}/typed/sources.json", older, "ingest"),
        (f"{INTERNAL}/report.html", emptied, "report"),
        (f"{INTERNAL}/tables/estimates.csv", changed_digit, "estimates"),
        (f"{INTERNAL}/figures/modes_by_site.png", flipped_byte, "figures_cohort"),
        (f"reports/{COHORT}/release/certificate.html", changed_digit, "release"),
    ],
)
def test_a_result_that_was_changed_is_made_again(finished, path, damage, rule):
    target = finished.root / path
    if not target.exists():
        target = next(target.parent.glob(f"*{target.suffix}"))
    damage(target)
    assert rule in finished.rules_to_run()


def test_what_was_made_again_is_said_and_is_what_it_was(finished, reference_digests):
    damaged = {
        f"{INTERNAL}/report.html": emptied,
        f"reports/{COHORT}/release/notes.txt": lambda path: path.write_text("mine"),
    }
    part = next((finished.root / INTERNAL / "parts").rglob("*.html"))
    part.unlink()
    for path, damage in damaged.items():
        damage(finished.root / path)
    done = finished.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    for said in (
        f"{INTERNAL}/report.html is not what was made (changed): made again",
        f"{part.relative_to(finished.root)} is not what was made (gone): made again",
        f"reports/{COHORT}/release/notes.txt is not what was made (put there): made again",
    ):
        assert said in done.stdout
    assert finished.digests() == reference_digests
    assert "nothing to do: up to date" in finished.alliance_modes("run").stdout


def test_results_of_which_nothing_is_noted_are_not_taken_for_what_was_made(finished):
    shutil.rmtree(finished.root / ".alliance_modes/made")
    assert {"ingest", "clean", "model", "report", "release"} <= finished.rules_to_run()


def test_a_source_that_changes_between_plan_and_reading_ends_the_run(fresh):
    """Changed before ``ingest`` reads it, restored afterwards: nothing may be made of what it held."""
    path, running = fresh.root / RAW, fresh.start("run")
    before = path.read_bytes()
    noted = fresh.root / ".alliance_modes/sources.json"
    while not noted.exists() and running.poll() is None:
        time.sleep(0.001)
    path.write_bytes(before + b"\n")
    said, _ = running.communicate()
    path.write_bytes(before)
    assert running.returncode == 1, said
    assert f"{RAW}: changed while the run was under way" in said
    assert "ingest" in fresh.rules_to_run()


def test_the_manifest_tells_what_is_there_and_is_the_same_for_the_same_results(finished):
    path = finished.root / INTERNAL / "manifest.json"
    before = path.read_bytes()
    told = json.loads(before)
    for group in ("inputs", "outputs"):
        assert told[group]
        for name, digest in told[group].items():
            assert hashlib.sha256((finished.root / name).read_bytes()).hexdigest() == digest
    made = {name for name in finished.digests() if COHORT in name.split("/")}
    assert set(told["outputs"]) == made
    assert told["inputs"]["config/plan.yaml"] and told["seeds"] and told["software"]["packages"]["pandas"]
    assert dict(told["origin"]["files"])["sessions.csv"] == told["inputs"][RAW]
    finished.alliance_modes("run")
    assert path.read_bytes() == before


def test_a_raw_file_that_changed_since_is_named_though_it_is_older(finished):
    path = finished.root / RAW
    path.write_bytes(path.read_bytes() + b"\n")
    os.utime(path, (0, 0))
    said = finished.alliance_modes("run").stdout
    assert f"{RAW} is not what the results of {COHORT} were made from" in said
