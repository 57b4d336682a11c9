"""What is installed is held to the lock: versions, and every file as it was installed."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.running import installed
from alliance_modes.running.installed import check_installed, locked, packages_stay

LOCK = """\
counting-things==2.1 \\
    --hash=sha256:00
only_elsewhere==1.0 ; sys_platform == 'nowhere' \\
    --hash=sha256:00
"""


@pytest.fixture
def packages(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.lock").write_text(LOCK)
    folder = tmp_path / "packages"
    (folder / "counting_things-2.1.dist-info").mkdir(parents=True)
    (folder / "counting").mkdir()
    rows = []
    for name in ("counting/__init__.py", "counting/words, and more.txt"):
        (folder / name).write_text(f"# {name}\n")
        digest = base64.urlsafe_b64encode(hashlib.sha256((folder / name).read_bytes()).digest())
        rows.append(f'"{name}",sha256={digest.decode().rstrip("=")},{(folder / name).stat().st_size}')
    (folder / "counting_things-2.1.dist-info/RECORD").write_text("\n".join([*rows, "counting/x.pyc,,"]))
    return folder


def told(packages):
    with pytest.raises(WorkflowError) as error:
        check_installed(packages.parent / "requirements.lock", packages)
    return str(error.value)


def test_a_lock_names_what_this_machine_needs():
    assert locked(LOCK) == {"counting-things": "2.1"}


def test_what_is_as_installed_is_read_once(packages, monkeypatch):
    check_installed(packages.parent / "requirements.lock", packages)
    monkeypatch.setattr(installed, "_differing", lambda *_: pytest.fail("read again"))
    check_installed(packages.parent / "requirements.lock", packages)


def test_a_lock_that_was_edited_is_not_taken_for_what_is_installed(packages):
    lock = packages.parent / "requirements.lock"
    lock.write_text(LOCK.replace("==2.1", "==2.2"))
    assert "counting-things 2.1 is installed in place of 2.2" in told(packages)
    lock.write_text(f"{LOCK}another==3.0\n")
    assert "another 3.0 is not installed" in told(packages)


def test_a_package_that_was_edited_is_noticed_whatever_its_times_say(packages):
    check_installed(packages.parent / "requirements.lock", packages)
    path = packages / "counting/__init__.py"
    about, before = path.stat(), path.read_text()
    path.write_text(before.replace("#", "+"))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    for _ in range(2):
        assert "counting-things 2.1: counting/__init__.py not as installed" in told(packages)
    path.write_text(before)
    check_installed(packages.parent / "requirements.lock", packages)
    (packages / "counting/words, and more.txt").unlink()
    assert "counting/words, and more.txt not as installed" in told(packages)


def test_a_project_without_a_lock_is_not_held_to_one(packages):
    (packages.parent / "requirements.lock").unlink()
    check_installed(packages.parent / "requirements.lock", packages)


def test_a_package_that_is_touched_while_a_run_is_under_way_lets_nothing_stay(packages):
    note = packages.parent / ".alliance_modes/made/clean.north.json"
    note.parent.mkdir(parents=True)
    with pytest.raises(WorkflowError, match="changed while the run was under way"):  # noqa: SIM117
        with packages_stay(print, packages=packages, lock=packages.parent / "requirements.lock"):
            note.write_text("{}")
            module = packages / "counting/__init__.py"
            before = module.read_bytes()
            module.write_bytes(b"edited")
            module.write_bytes(before)
    assert not note.exists()


def test_packages_that_stay_let_everything_stay(packages):
    note = packages.parent / ".alliance_modes/made/clean.north.json"
    note.parent.mkdir(parents=True)
    with packages_stay(print, packages=packages, lock=packages.parent / "requirements.lock"):
        note.write_text("{}")
    assert note.exists()


def test_what_a_killed_run_made_is_made_again_where_a_package_was_touched_since(packages):
    said: list[str] = []
    note = packages.parent / ".alliance_modes/made/clean.north.json"
    note.parent.mkdir(parents=True)
    with packages_stay(said.append, packages=packages, lock=packages.parent / "requirements.lock"):
        under_way = installed.UNDER_WAY.read_text()
    installed.UNDER_WAY.write_text(under_way)
    note.write_text("{}")
    os.utime(packages / "counting/__init__.py")
    with packages_stay(said.append, packages=packages, lock=packages.parent / "requirements.lock"):
        assert not note.exists()
    assert said == ["packages were changed since a run was killed: what it made is made again"]
