"""Which files a script depends on: all that it imports, however deep, and what lies beside them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from alliance_modes.running import code as closure

FILES = {
    "package/__init__.py": "",
    "package/direct.py": "from package.deep.inner import thing\n",
    "package/deep/__init__.py": "from . import beside\n",
    "package/deep/beside.py": "",
    "package/deep/inner.py": "def thing():\n    from ..late import name\n    return name\n",
    "package/deep/key.yaml": "a: 1\n",
    "package/deep/templates/page.html": "",
    "package/deep/.cache/scratch.txt": "",
    "package/late.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import package.typing_only\n",
    "package/typing_only.py": "",
    "package/other/__init__.py": "",
    "package/other/stranger.py": "",
    "package/other/stranger.yaml": "a: 1\n",
    "scripts/rule.py": "with x:\n    from package.direct import anything\n",
    "scripts/whole.py": "from package import other\n",
}


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(closure, "PACKAGE", tmp_path / "package")
    _forget()
    return tmp_path / "scripts"


def test_imports_are_followed_and_data_files_beside_them_counted(scripts):
    assert closure.code("rule", scripts) == [
        "package/__init__.py",
        "package/deep/__init__.py",
        "package/deep/beside.py",
        "package/deep/inner.py",
        "package/deep/key.yaml",
        "package/deep/templates/page.html",
        "package/direct.py",
        "package/late.py",
        "scripts/rule.py",
    ]


def test_a_package_named_by_from_import_is_followed(scripts):
    assert closure.code("whole", scripts) == [
        "package/__init__.py",
        "package/other/__init__.py",
        "package/other/stranger.yaml",
        "scripts/whole.py",
    ]


def test_digest_tells_content_name_and_absence(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    alone = closure.digest([one])
    assert closure.digest([one, two]) != alone
    two.write_text("a")
    assert closure.digest([two]) != alone
    one.write_text("b")
    assert closure.digest([one]) != alone
    one.write_text("a")
    assert closure.digest([one]) == alone


def test_what_was_kept_is_taken_for_the_same_content_alone(scripts, monkeypatch, tmp_path):
    before = closure.code("rule", scripts)
    monkeypatch.setattr(closure, "KEPT", tmp_path / "kept.json")
    closure.keep_imports()
    kept = (tmp_path / "kept.json").read_text()
    for broken in ("no json", "[]", '{"a": 1}', '{"a": [1]}'):
        (tmp_path / "kept.json").write_text(broken)
        _forget()
        assert closure.code("rule", scripts) == before
    (tmp_path / "kept.json").write_text(kept.replace('"package.late"', '"package.other"'))
    _forget()
    assert "package/late.py" not in closure.code("rule", scripts)
    (tmp_path / "package/deep/inner.py").write_text(FILES["package/deep/inner.py"] + "\n")
    _forget()
    assert closure.code("rule", scripts) == before


def _forget() -> None:
    closure._found.clear()
    every = ("_kept", "_closure", "_direct", "_imported", "_files_of", "_listed", "_code_digest")
    for remembering in every:
        getattr(closure, remembering).cache_clear()


def test_the_list_of_code_is_written_anew_only_where_a_file_changed(scripts):
    path = Path(str(closure.code_list("rule", scripts)))
    assert path == Path(".alliance_modes/code/rule.sha256")
    said = path.read_text().splitlines()
    assert [line.split("  ")[1] for line in said] == closure.code("rule", scripts)
    assert said[-1].split()[0] == hashlib.sha256(FILES["scripts/rule.py"].encode()).hexdigest()
    subprocess.run(["sha256sum", "--check", "--quiet", path], check=True)

    written = path.stat().st_mtime_ns
    closure.code_list("rule", scripts)
    assert path.stat().st_mtime_ns == written

    Path("package/late.py").write_text("name = 1\n")
    _forget()
    closure.code_list("rule", scripts)
    assert path.read_text().splitlines() != said
    subprocess.run(["sha256sum", "--check", "--quiet", path], check=True)
