"""Without a clone: a wheel of the project, in an environment of its own, and a study made by it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from projects import HERE, write_short_plan

from alliance_modes.running.installed import LOOKED

PACKAGES = Path(sysconfig.get_path("purelib"))
OWN = ("alliance_modes", "_editable_impl_alliance_modes", "alliance-modes", LOOKED)
REPORT = Path("reports/demo/internal/report.html")


def _run(*words: str | Path, at: Path) -> subprocess.CompletedProcess:
    unset = ("PYTHONPATH", "VIRTUAL_ENV", "ALLIANCE_MODES_EVENTS", "ALLIANCE_MODES_WARM")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [str(word) for word in words],
        cwd=at,
        env=kept,
        capture_output=True,
        text=True,
        timeout=900,
    )


def _link(source: Path, place: Path) -> None:
    """What ``place`` lacks of ``source``: programs and shared files beside the packages."""
    for path in source.iterdir():
        if not path.name.startswith(OWN) and not (place / path.name).exists():
            (place / path.name).symlink_to(path)


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """A Python with the packages of the lock as they are here, and with the wheel in place of the clone."""
    root = tmp_path_factory.mktemp("wheel")
    build = ("-m", "hatchling", "build", "--target", "wheel", "--directory", root / "dist")
    done = _run(sys.executable, *build, at=HERE)
    assert done.returncode == 0, done.stderr
    (wheel,) = (root / "dist").glob("alliance_modes-*.whl")
    venv.create(root / "env", with_pip=False, symlinks=True)
    (packages,) = (root / "env/lib").glob("python*/site-packages")
    for source, place in ((PACKAGES, packages), (Path(sys.prefix) / "bin", root / "env/bin")):
        _link(source, place)
    _link(Path(sys.prefix) / "include", root / "env/include")
    _link(Path(sys.prefix), root / "env")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(packages)
    return root / "env/bin/python"


def test_a_study_is_made_run_and_checked_without_a_clone(python, tmp_path):
    command = (python, "-P", "-m", "alliance_modes.cli")
    made = _run(*command, "new-study", "ours", at=tmp_path)
    assert made.returncode == 0, made.stderr
    study = tmp_path / "ours"
    write_short_plan(study / "config/plan.yaml")
    done = _run(*command, "run", at=study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (study / REPORT).is_file() and not (study / "workflow").exists()
    software = json.loads((study / REPORT).with_name("manifest.json").read_text(encoding="utf-8"))["software"]
    assert software["commit"] == "" and len(software["code"]) == 64 and software["packages"]["pandas"]
    listed = (study / ".alliance_modes/code/clean.sha256").read_text(encoding="utf-8").splitlines()
    names = [line.split("  ")[1] for line in listed]
    assert "alliance_modes_study/workflow/scripts/clean.py" in names
    assert not [name for name in names if name.startswith("/")]
    assert "nothing to do: up to date" in _run(*command, "run", at=study).stdout

    packed = _run(*command, "crate", "demo", at=study)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    crate = study / "reports/demo/crate"
    for name in ("workflow/Snakefile", "src/alliance_modes/cli.py", "requirements.lock", "config/plan.yaml"):
        assert (crate / name).is_file(), name

    exports = tmp_path / "exports"
    exports.mkdir()
    for name in ("enrolments_redcap.csv", "sessions.csv"):
        shutil.copy(study / "data/raw/demo" / name, exports)
    drafted = _run(*command, "new-cohort", "north", exports, at=study)
    assert drafted.returncode == 0 and (study / "data/raw/north/cohort.yaml").is_file(), drafted.stderr
    assert _run(*command, "check", "demo", at=study).returncode == 0

    for folder, said in (("ours", "is not empty"), ("ours/data/deeper", "lies inside a study")):
        refused = _run(*command, "new-study", folder, at=tmp_path)
        assert refused.returncode == 1 and said in refused.stderr and "Traceback" not in refused.stderr


def test_other_code_in_the_package_makes_again_what_hangs_on_it(python):
    """The same code has the same digest in a clone and in a wheel of it; other code has another one."""
    ask = "from alliance_modes.running.code import whole_digest; print(whole_digest())"
    of_clone = subprocess.run([sys.executable, "-P", "-c", ask], capture_output=True, text=True, check=True)
    of_wheel = _run(python, "-P", "-c", ask, at=python.parent)
    assert of_wheel.stdout == of_clone.stdout
    (module,) = python.parents[1].glob("lib/python*/site-packages/alliance_modes/domain.py")
    before = module.read_text(encoding="utf-8")
    module.write_text(f"{before}# a line more\n", encoding="utf-8")
    other = _run(python, "-P", "-c", ask, at=python.parent)
    module.write_text(before, encoding="utf-8")
    assert len(other.stdout) == len(of_clone.stdout) and other.stdout != of_clone.stdout
