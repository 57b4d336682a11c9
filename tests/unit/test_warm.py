"""A forked script is what a new process would be, and ends with those who wait for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from alliance_modes.running.jobs import JOB_ENVIRONMENT
from alliance_modes.running.warm import client
from alliance_modes.running.warm.owner import ADDRESS, before_scripts, warm_server
from alliance_modes.running.warm.server import signature, threads_beside

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")

RULE = "from textwrap import dedent\n"
TELLS = """
import os, sys
print(__name__, sys.argv[0].endswith("tiny.py"), os.environ["TOLD"], "textwrap" in sys.modules, flush=True)
print(os.getppid(), os.getcwd(), os.path.basename(sys.path[0]), signal_of_end := 7, file=sys.stderr)
sys.exit(signal_of_end)
"""
WAITS = """
import os, time
from pathlib import Path
Path("pid").write_text(str(os.getpid()))
time.sleep(60)
Path("late").touch()
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with the rule ``tiny``, and a server for it that is started."""
    scripts = tmp_path / "workflow/scripts"
    scripts.mkdir(parents=True)
    (scripts / "tiny.py").write_text(RULE)
    (tmp_path / ".snakemake/scripts").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name, value in JOB_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TOLD", "yes")
    for name in ("PS1", "PS2", "PS4", "OPTIND"):  # exported by an activated environment, and changed by bash
        monkeypatch.setenv(name, "2")
    with warm_server(_environment(), tmp_path / "logs/warm.log") as server:
        monkeypatch.setenv(ADDRESS, server.environment[ADDRESS])
        server.start(["tiny"], scripts)
        yield tmp_path, server


def _environment() -> dict[str, str]:
    """Without what pytest changes from one moment to the next."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def _ask(folder: Path, text: str, rule: str = "tiny", **more: str) -> subprocess.Popen[str]:
    """Run a script as Snakemake would, through the shell."""
    script = folder / f".snakemake/scripts/tmp1.{rule}.py"
    script.write_text(text)
    command = f"{before_scripts()}{sys.executable} {script}".replace("{{", "{").replace("}}", "}")
    return subprocess.Popen(
        ["bash", "-c", command],
        env={**_environment(), **more},
        stdout=-1,
        stderr=-1,
        text=True,
        start_new_session=True,
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    """A shell starts background commands, and so perhaps these tests, with Ctrl-C ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _waiting(folder: Path) -> tuple[subprocess.Popen[str], int]:
    asked = _ask(folder, WAITS)
    _until(lambda: (folder / "pid").is_file() and (folder / "pid").read_text())
    return asked, int((folder / "pid").read_text())


def _until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def _gone(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def _server(project) -> int:
    return project[1]._process.pid


def test_a_script_has_its_streams_environment_name_and_status(project):
    folder, _ = project
    asked = _ask(folder, TELLS)
    said, complained = asked.communicate(timeout=60)
    assert asked.returncode == 7
    assert said.split() == ["__main__", "True", "yes", "True"]
    assert complained.split() == [str(_server(project)), str(folder), "scripts", "7"]


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 0, ""),
        ("raise SystemExit('sorry')", 1, "sorry"),
        ("raise RuntimeError('broken')", 1, "RuntimeError: broken"),
        ("import os; os.kill(os.getpid(), 9)", 128 + 9, ""),
        ("import atexit; atexit.register(print, 'the end')", 0, "the end"),
    ],
)
def test_a_script_ends_as_a_process_of_its_own_would(project, text, status, said):
    asked = _ask(project[0], text)
    told = asked.communicate(timeout=60)
    assert asked.returncode == status
    assert said in told[0] + told[1]


@pytest.mark.parametrize(
    ("more", "reason"),
    [({"TOLD": "no"}, "other values of TOLD"), ({"PYTHONHASHSEED": "1"}, "other values of PYTHONHASHSEED")],
)
def test_another_environment_gets_a_process_of_its_own(project, more, reason):
    folder, _ = project
    asked = _ask(folder, "import os; print(os.getppid())", **more)
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 0
    assert int(said) != _server(project)
    assert reason in (folder / "logs/warm.log").read_text()


def test_without_a_server_a_script_is_a_process_of_its_own(project, monkeypatch):
    folder, server = project
    server.close()
    asked = _ask(folder, "import sys; print(sys.argv[0]); sys.exit(3)")
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 3
    assert said.strip().endswith("tmp1.tiny.py")
    monkeypatch.delenv(ADDRESS)
    assert before_scripts() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_shell_ends_the_script(project, number):
    asked, script = _waiting(project[0])
    os.killpg(asked.pid, number)
    asked.wait(timeout=30)
    assert asked.returncode != 0
    _until(lambda: _gone(script))


def test_a_killed_client_takes_its_script_with_it(project):
    asked, script = _waiting(project[0])
    os.killpg(asked.pid, signal.SIGKILL)
    asked.wait(timeout=30)
    _until(lambda: _gone(script))
    assert _ask(project[0], "").wait(timeout=60) == 0


def test_a_killed_server_takes_its_scripts_with_it(project):
    asked, script = _waiting(project[0])
    os.kill(_server(project), signal.SIGKILL)
    assert asked.wait(timeout=30) == 128 + signal.SIGKILL
    _until(lambda: _gone(script))


def test_the_end_of_a_run_ends_the_server_and_its_scripts(project):
    folder, server = project
    asked, script = _waiting(folder)
    server.close()
    assert asked.wait(timeout=30) != 0
    assert _gone(script)
    assert not (folder / "late").exists()
    assert not Path(os.environ[ADDRESS]).parent.exists()


def test_a_written_file_is_noticed_whatever_its_time_says(tmp_path):
    path = tmp_path / "deep/module.py"
    path.parent.mkdir()
    path.write_text("a = 1")
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    before = signature(tmp_path)
    assert signature(tmp_path) == before
    time.sleep(0.02)
    path.write_text("a = 2")
    os.utime(path, ns=times)
    assert signature(tmp_path) != before


@pytest.mark.parametrize("name", ["a" * 100, "not there"])
def test_a_folder_that_can_hold_no_socket_is_not_needed(tmp_path, monkeypatch, name):
    place = tmp_path / name
    if name != "not there":
        place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with warm_server(_environment(), tmp_path / "logs/warm.log") as server:
        folder = Path(server.environment[ADDRESS]).parent
        assert folder.parent == Path("/tmp")
        assert folder.stat().st_mode & 0o077 == 0
        assert not place.exists() or not list(place.iterdir())
    assert not folder.exists()


def test_where_no_folder_can_hold_a_socket_scripts_are_processes_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "not there"))
    monkeypatch.setattr("alliance_modes.running.warm.owner.SHORT_PLACE", str(tmp_path / "nor there"))
    with warm_server(_environment(), tmp_path / "logs/warm.log") as server:
        assert server is None


def test_a_thread_at_work_is_seen():
    before = threads_beside()
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert len(os.listdir("/proc/self/task")) > 1
        assert threads_beside() >= before
    finally:
        stop.set()
        thread.join()


def test_the_client_imports_nothing_of_the_package():
    text = Path(client.__file__).read_text(encoding="utf-8")
    assert "alliance_modes" not in text
