"""One folder, one lifeform in it at a time, and clear words when that cannot be."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.home import Home, HomeError, HomeInUse, default_home

_HOLD = """
import sys
from engine.home import Home
with Home(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def neighbour(tmp_path):
    """Another process that lives in ``tmp_path / "home"``."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path / "home")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_opening_creates_the_folder_and_says_where_things_are(tmp_path):
    with Home(tmp_path / "a" / "b") as home:
        assert home.state_dir.is_dir() and home.log_dir.is_dir()
        assert {home.config_path.parent, home.journal_path.parent, home.history_path.parent} == {home.path}
        assert home.path.stat().st_mode & 0o077 == 0


def test_the_home_can_be_used_again_after_release(tmp_path):
    with Home(tmp_path / "home"):
        pass
    with Home(tmp_path / "home") as home:
        assert not home.read_only


def test_a_second_process_is_told_who_lives_there(neighbour, tmp_path):
    with pytest.raises(HomeInUse) as caught:
        Home(tmp_path / "home").open()
    assert caught.value.pid == neighbour.pid
    assert str(neighbour.pid) in str(caught.value)
    assert "--read-only" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_second_process_can_look_inside(neighbour, tmp_path):
    home = Home(tmp_path / "home").open(read_only=True)
    assert home.read_only
    home.release()


def test_a_killed_owner_leaves_no_lock(neighbour, tmp_path):
    neighbour.kill()
    neighbour.wait()
    with Home(tmp_path / "home") as home:
        assert home.lock_path.exists()


def test_read_only_changes_nothing(tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({}))
    before = sorted(folder.iterdir())
    with Home(folder).open(read_only=True):
        pass
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("inside", ["file", "file/deeper", "bad\0name", "x" * 300])
def test_what_is_no_folder_is_refused_in_one_line(tmp_path, inside, read_only):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(HomeError) as caught:
        Home(tmp_path / inside).open(read_only=read_only)
    message = str(caught.value)
    assert str(tmp_path) in message and "--home" in message and "$SOVL_HOME" in message
    assert "\n" not in message
    assert (tmp_path / "file").read_text() == "not a folder"


def test_a_folder_nobody_may_write_is_refused():
    with pytest.raises(HomeError, match="cannot be created"):
        Home("/proc/sovl-home").open()


def test_read_only_needs_a_home(tmp_path):
    with pytest.raises(HomeError, match="no home"):
        Home(tmp_path / "nothing").open(read_only=True)
    assert not (tmp_path / "nothing").exists()


def test_environment_names_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("SOVL_HOME", str(tmp_path / "mine"))
    assert Home().path == tmp_path / "mine"
    assert Home(tmp_path / "other").path == tmp_path / "other"
    monkeypatch.setenv("SOVL_HOME", "")
    assert default_home().name == "sovl"


def test_tilde_is_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Home("~/lifeform").path == Path(tmp_path / "lifeform")
