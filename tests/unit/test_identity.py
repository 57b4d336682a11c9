"""Keyed ids and the file that holds the key."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat

import pytest
from small_cohorts import COHORT, write_cohort

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, identity_key, key_fingerprint, keyed_id
from alliance_modes.cohort import load_cohort
from alliance_modes.ground.errors import IdentityError

KEY = bytes(range(32))


@pytest.fixture
def cohort(tmp_path):
    (tmp_path / "raw").mkdir()
    return load_cohort(write_cohort(tmp_path / "raw"))


def key_file(folder, content="ab" * 32, mode=0o600):
    file = folder / "identity.key"
    file.write_text(content)
    file.chmod(mode)
    return file


def test_id_is_the_first_16_digits_of_the_keyed_hash_of_kind_and_text():
    expected = hmac.new(KEY, b"client_id:C17", hashlib.sha256).hexdigest()[:16]
    assert keyed_id(KEY, "client_id", "C17") == expected


def test_id_depends_on_key_and_kind_and_both_practitioners_are_one_kind():
    one = keyed_id(KEY, "practitioner_id", "7")
    assert one == keyed_id(KEY, "co_practitioner_id", "7")
    assert one != keyed_id(KEY, "client_id", "7")
    assert one != keyed_id(DEMONSTRATION_KEY, "practitioner_id", "7")


def test_demonstration_cohort_needs_no_file(tmp_path):
    folder = write_cohort(tmp_path, COHORT + "demonstration: true\n")
    nowhere = tmp_path / "none" / "identity.key"
    assert identity_key(load_cohort(folder), nowhere) == DEMONSTRATION_KEY
    assert not nowhere.exists()


def test_key_is_made_on_first_use_for_its_owner_alone_and_then_kept(cohort, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    key = identity_key(cohort)
    file = tmp_path / "home" / ".config" / "alliance-modes" / "identity.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key) == 32 and file.read_text().strip() == key.hex()
    assert identity_key(cohort) == key
    assert [path.name for path in file.parent.iterdir()] == ["identity.key"]


def test_named_key_file_is_made_where_its_folder_exists_and_nowhere_else(cohort, tmp_path):
    assert len(identity_key(cohort, tmp_path / "my.key")) == 32
    with pytest.raises(IdentityError, match="cannot be made"):
        identity_key(cohort, tmp_path / "mistyped" / "my.key")


def test_key_inside_the_project_is_refused(cohort, tmp_path):
    file = key_file(tmp_path)
    with pytest.raises(IdentityError, match="inside the project"):
        identity_key(cohort, file, project=tmp_path)
    outside = tmp_path / "keys"
    outside.mkdir()
    (outside / "link.key").symlink_to(file)
    project = tmp_path / "project"
    project.mkdir()
    (project / "real.key").write_text("ab" * 32)
    (outside / "into_project.key").symlink_to(project / "real.key")
    with pytest.raises(IdentityError, match="inside the project"):
        identity_key(cohort, outside / "into_project.key", project=project)


def test_project_is_found_from_the_working_directory(cohort, tmp_path, monkeypatch):
    (tmp_path / "Snakefile").write_text("")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    with pytest.raises(IdentityError, match="inside the project"):
        identity_key(cohort, key_file(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="not run: file modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_key_that_others_can_read_or_write_is_refused(cohort, tmp_path, mode):
    with pytest.raises(IdentityError, match="chmod 600"):
        identity_key(cohort, key_file(tmp_path, mode=mode))


@pytest.mark.parametrize("content", ["", "ab" * 31, "zz" * 32, "ab" * 32 + "c", "ä" * 64, "a b" * 30])
def test_key_that_is_short_or_not_hexadecimal_is_refused(cohort, tmp_path, content):
    with pytest.raises(IdentityError, match="hexadecimal"):
        identity_key(cohort, key_file(tmp_path, content))


def test_error_does_not_show_the_key(cohort, tmp_path):
    with pytest.raises(IdentityError) as caught:
        identity_key(cohort, key_file(tmp_path, "abcdef"))
    assert "abcdef" not in str(caught.value)


def test_fingerprint_tells_keys_apart_and_is_not_the_key():
    assert key_fingerprint(KEY) == key_fingerprint(bytes(KEY)) != key_fingerprint(DEMONSTRATION_KEY)
    assert len(key_fingerprint(KEY)) == 8 and key_fingerprint(KEY) not in KEY.hex()
