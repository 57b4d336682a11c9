"""Keyed ids and the file that holds the key."""

from __future__ import annotations

import hashlib
import hmac
import os
import stat

import pytest
from small_cohorts import COHORT, write_cohort

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, identity_key, key_fingerprint, keyed_id
from alliance_modes.cohort import load_cohort, raw_seal
from alliance_modes.ground.errors import IdentityError, OtherKeyError
from alliance_modes.release.search import identifying

KEY = bytes(range(32))

NOWHERE = "no folder"


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


def test_a_site_may_be_named_in_what_leaves_and_nobody_else():
    """Reports and releases name a hashed site by its id; their search must not take it for a person."""
    site = keyed_id(KEY, "site_id", "North")
    digits = hmac.new(KEY, b"site_id:North", hashlib.sha256).hexdigest()
    assert site == f"S{digits[:8]}"
    assert identifying(f"People at {site}, and in site_{site}.html") == []
    for column in ("enrolment_id", "client_id", "practitioner_id", "group_id"):
        assert len(identifying(f"at {keyed_id(KEY, column, 'North')},")) == 1


def test_id_depends_on_key_and_kind_and_both_practitioners_are_one_kind():
    one = keyed_id(KEY, "practitioner_id", "7")
    assert one == keyed_id(KEY, "co_practitioner_id", "7")
    assert one != keyed_id(KEY, "client_id", "7")
    assert one != keyed_id(DEMONSTRATION_KEY, "practitioner_id", "7")


def test_the_public_key_is_for_the_files_that_were_simulated_alone(tmp_path):
    """A declaration that is copied for real people must not give them ids that anybody can work out."""
    folder, nowhere = write_cohort(tmp_path, COHORT + "demonstration: true\n"), tmp_path / "none/identity.key"
    with pytest.raises(IdentityError, match="cannot be made"):
        identity_key(load_cohort(folder), folder, nowhere)
    seal = raw_seal(folder, load_cohort(folder))
    write_cohort(tmp_path, COHORT + f"demonstration: true\nsimulated: {seal}\n")
    assert identity_key(load_cohort(folder), folder, nowhere) == DEMONSTRATION_KEY
    assert not nowhere.exists()
    with (folder / "alliance.csv").open("a") as stream:
        stream.write("\n")
    with pytest.raises(IdentityError, match="cannot be made"):
        identity_key(load_cohort(folder), folder, nowhere)


def test_key_is_made_on_first_use_for_its_owner_alone_and_then_kept(cohort, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    key = identity_key(cohort, NOWHERE)
    file = tmp_path / "home" / ".config" / "alliance-modes" / "identity.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(key) == 32 and file.read_text().strip() == key.hex()
    assert identity_key(cohort, NOWHERE) == key
    assert [path.name for path in file.parent.iterdir()] == ["identity.key"]


def test_named_key_file_is_made_where_its_folder_exists_and_nowhere_else(cohort, tmp_path):
    assert len(identity_key(cohort, NOWHERE, tmp_path / "my.key")) == 32
    with pytest.raises(IdentityError, match="cannot be made"):
        identity_key(cohort, NOWHERE, tmp_path / "mistyped" / "my.key")


def test_key_inside_the_project_is_refused(cohort, tmp_path):
    file = key_file(tmp_path)
    with pytest.raises(IdentityError, match="inside the project"):
        identity_key(cohort, NOWHERE, file, project=tmp_path)
    outside = tmp_path / "keys"
    outside.mkdir()
    (outside / "link.key").symlink_to(file)
    project = tmp_path / "project"
    project.mkdir()
    (project / "real.key").write_text("ab" * 32)
    (outside / "into_project.key").symlink_to(project / "real.key")
    with pytest.raises(IdentityError, match="inside the project"):
        identity_key(cohort, NOWHERE, outside / "into_project.key", project=project)


def test_project_is_found_from_the_working_directory(cohort, tmp_path, monkeypatch):
    (tmp_path / "Snakefile").write_text("")
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    with pytest.raises(IdentityError, match="inside the project"):
        identity_key(cohort, NOWHERE, key_file(tmp_path))


@pytest.mark.skipif(os.name != "posix", reason="not run: file modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_key_that_others_can_read_or_write_is_refused(cohort, tmp_path, mode):
    with pytest.raises(IdentityError, match="chmod 600"):
        identity_key(cohort, NOWHERE, key_file(tmp_path, mode=mode))


@pytest.mark.parametrize("content", ["", "ab" * 31, "zz" * 32, "ab" * 32 + "c", "ä" * 64, "a b" * 30])
def test_key_that_is_short_or_not_hexadecimal_is_refused(cohort, tmp_path, content):
    with pytest.raises(IdentityError, match="hexadecimal"):
        identity_key(cohort, NOWHERE, key_file(tmp_path, content))


def test_error_does_not_show_the_key(cohort, tmp_path):
    with pytest.raises(IdentityError) as caught:
        identity_key(cohort, NOWHERE, key_file(tmp_path, "abcdef"))
    assert "abcdef" not in str(caught.value)


def test_fingerprint_tells_keys_apart_and_is_not_the_key():
    assert key_fingerprint(KEY) == key_fingerprint(bytes(KEY)) != key_fingerprint(DEMONSTRATION_KEY)
    assert len(key_fingerprint(KEY)) == 8 and key_fingerprint(KEY) not in KEY.hex()


def test_a_key_by_which_results_were_made_is_not_replaced_without_a_word(cohort, tmp_path):
    file = key_file(tmp_path / "raw")
    made_with = key_fingerprint(identity_key(cohort, NOWHERE, file, project=tmp_path / "x"))
    assert key_fingerprint(identity_key(cohort, NOWHERE, file, tmp_path / "x", made_with)) == made_with
    file.write_text("cd" * 32)
    with pytest.raises(OtherKeyError, match=f"made with the key {made_with}, and .* holds another"):
        identity_key(cohort, NOWHERE, file, tmp_path / "x", made_with)
    file.unlink()
    with pytest.raises(OtherKeyError, match="is not there"):
        identity_key(cohort, NOWHERE, file, tmp_path / "x", made_with)
    assert not file.exists()


def test_a_cohort_that_was_a_demonstration_gets_a_secret_key(cohort, tmp_path):
    public = key_fingerprint(DEMONSTRATION_KEY)
    assert identity_key(cohort, NOWHERE, tmp_path / "my.key", tmp_path / "x", public) != DEMONSTRATION_KEY


def test_without_a_home_folder_one_message_says_what_to_do(cohort, monkeypatch):
    def none(self):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.expanduser", none)
    with pytest.raises(IdentityError, match="no home folder\n    -> Set HOME, or name a key file"):
        identity_key(cohort, NOWHERE)
