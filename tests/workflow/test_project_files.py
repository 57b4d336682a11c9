"""What the folder promises to a stranger: the lock, the environment, scripts that hold no logic."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from projects import HERE
from pydantic import BaseModel

from alliance_modes import __version__
from alliance_modes.plan.plan import load_plan
from alliance_modes.running.config import load_config

LOCK = (HERE / "requirements.lock").read_text(encoding="utf-8")
BUILD_LOCK = (HERE / "requirements-build.lock").read_text(encoding="utf-8")
CLUSTER_LOCK = (HERE / "requirements-cluster.lock").read_text(encoding="utf-8")
SCRIPTS = sorted((HERE / "workflow/scripts").glob("*.py"))
RULES = sorted((HERE / "workflow/rules").glob("*.smk"))


@pytest.mark.parametrize(
    ("lock", "fewest"), [(LOCK, 50), (BUILD_LOCK, 3), (CLUSTER_LOCK, 2)], ids=["lock", "build", "cluster"]
)
def test_every_requirement_of_a_lock_has_a_hash_and_none_an_address(lock, fewest):
    pinned = re.findall(r"^([\w.-]+)==\S+(.*(?:\n    .*)*)", lock, flags=re.MULTILINE)
    assert len(pinned) >= fewest
    assert [name for name, rest in pinned if "--hash=sha256:" not in rest] == []
    assert not re.search(r"index.url|find.links|trusted.host|https?://|file:|^/", lock, flags=re.MULTILINE)


def test_what_builds_has_the_same_version_in_both_locks():
    assert set(re.findall(r"^[\w.-]+==\S+", BUILD_LOCK, flags=re.MULTILINE)) <= set(
        re.findall(r"^[\w.-]+==\S+", LOCK, flags=re.MULTILINE)
    )


def test_the_lock_pins_what_the_project_asks_for():
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    tools = [
        line
        for name in ("requirements.in", "requirements-build.in")
        for line in (HERE / name).read_text(encoding="utf-8").splitlines()
    ]
    asked = {*project["project"]["dependencies"], *project["build-system"]["requires"]}
    asked |= {line for line in tools if line and not line.startswith("#")}
    pinned = set(re.findall(r"^([\w.-]+)==", LOCK, flags=re.MULTILINE))
    names = {re.split(r"[<>=!~;]", name)[0].strip() for name in asked}
    assert {re.sub(r"[._]", "-", name.lower()) for name in names} <= pinned


def test_the_version_is_written_once_and_cited():
    citation = yaml.safe_load((HERE / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/alliance_modes/__init__.py"
    assert citation["version"] == __version__


def test_what_the_forges_run_is_what_runs_here():
    for name in (".github/workflows/ci.yml", ".gitlab-ci.yml"):
        text = (HERE / name).read_text(encoding="utf-8")
        assert text.count("\n") <= 12 and ".ci/run" in text
    hooks = yaml.safe_load((HERE / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]


def test_environment_yml_is_the_lock():
    environment = yaml.safe_load((HERE / "environment.yml").read_text(encoding="utf-8"))
    assert environment["name"] == "alliance-modes"
    assert {"pip": ["-r requirements.lock"]} in environment["dependencies"]


def test_a_container_is_made_of_the_lock_and_holds_no_data():
    text = (HERE / "Containerfile").read_text(encoding="utf-8")
    (base,) = re.findall(r"^FROM (\S+)$", text, flags=re.MULTILINE)
    version = re.fullmatch(r"python:(\d+)\.(\d+)-slim-\w+", base)  # a name alone: no registry's address
    assert version and (3, 11) <= (int(version[1]), int(version[2])) <= (3, 13)
    installs = re.findall(r"pip install (.*?)(?: \\)?$", text, flags=re.MULTILINE)
    of_lock = [line for line in installs if "--require-hashes" in line]
    assert [line.split("/")[-1] for line in of_lock] == ["requirements-build.lock", "requirements.lock"]
    assert all("--no-deps" in line for line in installs if line not in of_lock) and len(installs) == 3
    assert "https:" not in text and "--index" not in text and "apt" not in text
    sent = (HERE / ".dockerignore").read_text(encoding="utf-8").splitlines()
    shipped = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    needed = shipped["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    kept = [line[1:] for line in sent if line.startswith("!")]
    assert [name for name in needed if not any(Path(name).is_relative_to(one) for one in kept)] == []
    assert sent[1] == "*" and [one for one in kept if one.startswith("data")] == [
        "data/raw/demo_2024/truth.yaml"
    ]


def test_config_and_plan_can_be_read():
    config = load_config(HERE / "config/config.yaml")
    assert set(config.cohorts) == {"demo_2024", "demo_2025"}
    assert set(load_plan(HERE / config.plan).models) >= {"alliance", "engagement", "completion"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_only_read_call_and_write(script):
    text = script.read_text(encoding="utf-8")
    assert text.count("\n") <= 25
    assert "with Job(snakemake)" in text
    assert not re.search(r"^\s*(def|class|if|while|try)\b", text, flags=re.MULTILINE)


def test_each_rule_has_its_script_log_lock_and_code():
    rules = {}
    for path in RULES:
        for name, body in re.findall(
            r"^rule (\w+):\n(.*?)(?=^rule |\Z)", path.read_text(), flags=re.M | re.S
        ):
            rules[name] = body
    assert set(rules) == {script.stem for script in SCRIPTS}
    for name, body in rules.items():
        assert f'"../scripts/{name}.py"' in body
        assert f'code=code_list("{name}")' in body
        assert f'made_with=study.made_with("{name}")' in body
        assert "environment=study.environment" in body
        assert "log:" in body


def _environment_sh(folder: Path, path: str, **more: str) -> subprocess.CompletedProcess:
    for name in ("environment.sh", "requirements-build.lock", "requirements.lock", "pyproject.toml"):
        (folder / name).write_bytes((HERE / name).read_bytes())
    (folder / "environment.sh").chmod(0o755)
    return subprocess.run(
        ["./environment.sh"], cwd=folder, env={"PATH": path, **more}, capture_output=True, text=True
    )


def _program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


def test_without_a_usable_python_one_message_says_what_to_install(tmp_path):
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3.13", "python3.12", "python3.11", "python3", "python"):
        _program(shims, name, "exit 127")
    for name in ("cat", "cmp", "dirname", "pwd", "sh"):
        os.symlink(f"/usr/bin/{name}" if Path(f"/usr/bin/{name}").exists() else f"/bin/{name}", shims / name)
    done = _environment_sh(tmp_path, str(shims))
    assert done.returncode == 1
    assert done.stderr.count("No usable Python was found") == 1
    assert not (tmp_path / ".venv").exists()


def test_a_half_made_environment_is_made_again_and_a_whole_one_kept(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    calls = tmp_path / "calls"
    fake = 'printf "#!/bin/sh\\nexit 0\\n" > .venv/bin/python; chmod +x .venv/bin/python'
    _program(tools, "python3.13", "echo Python 3.13")
    _program(tools, "uv", f'echo "$1" >> {calls}; mkdir -p .venv/bin; {fake}')
    (tmp_path / ".venv/bin").mkdir(parents=True)
    path = f"{tools}:{os.environ['PATH']}"
    first = _environment_sh(tmp_path, path)
    assert first.returncode == 0, first.stderr
    assert calls.read_text().split() == ["venv", "pip", "pip", "pip"]
    assert _environment_sh(tmp_path, path).returncode == 0
    assert len(calls.read_text().split()) == 4
    (tmp_path / ".venv/made-from").unlink()
    assert _environment_sh(tmp_path, path).returncode == 0
    assert len(calls.read_text().split()) == 8


def _keys(model: type[BaseModel]) -> set[str]:
    """Every key that a YAML file of ``model`` can hold, nested ones included."""

    def models_in(annotation) -> list[type]:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return [annotation]
        return [found for part in getattr(annotation, "__args__", ()) for found in models_in(part)]

    found = set(model.model_fields)
    for field in model.model_fields.values():
        for below in models_in(field.annotation):
            found |= _keys(below)
    return found


def test_every_key_and_column_stands_in_the_configuration_guide():
    from alliance_modes.cohort import Cohort
    from alliance_modes.dictionary.canonical import TABLES, dictionary
    from alliance_modes.plan.plan import Plan
    from alliance_modes.running.config import Config

    guide = (HERE / "config/README.md").read_text(encoding="utf-8")
    asked = _keys(Cohort) | _keys(Config) | _keys(Plan)
    asked |= {column for table in TABLES for column in dictionary().table(table).columns}
    assert len(asked) > 80
    assert sorted(key for key in asked if f"`{key}`" not in guide) == []
