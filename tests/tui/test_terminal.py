"""What surrounds the app: the guarded descriptors, the clipboard, crashes, imports, a real pseudo terminal."""

from __future__ import annotations

import os
import pty
import random
import select
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from driving import PATIENCE

from engine import __version__
from engine.api import Notice, Started, TextChunk
from engine.config import Config
from sovl_tui import app, clipboard, crash
from sovl_tui.widgets.curve import plot, window
from tests.tui.fakes import FakeEngine

ROOT = Path(__file__).parents[2]


def python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *args],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_native_writes_go_to_the_log_and_textuals_own_to_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "stderr.log"
    done = python(
        """
        import os, sys
        from pathlib import Path
        from sovl_tui.stderr_guard import stderr_guard
        os.write(2, b"before ")
        with stderr_guard(Path(sys.argv[1])):
            os.write(2, b"native warning\\n")
            os.write(1, b"native print\\n")
            sys.__stderr__.write("drawn ")
            sys.__stderr__.flush()
        os.write(2, b"after")
        print("out")
        """,
        str(log),
    )
    assert done.stderr == "before drawn after"
    assert done.stdout == "out\n"
    assert log.read_text() == "native warning\nnative print\n"


def test_the_guard_is_undone_by_an_error_and_needs_no_log(tmp_path: Path) -> None:
    done = python(
        """
        import os, sys
        from pathlib import Path
        from sovl_tui.stderr_guard import stderr_guard
        try:
            with stderr_guard(Path(sys.argv[1]) / "no" / "such" / "folder"):
                os.write(2, b"lost")
                raise KeyError
        except KeyError:
            os.write(2, b"back")
        """,
        str(tmp_path),
    )
    assert (done.stderr, done.returncode) == ("back", 0)


def test_importing_the_app_brings_nothing_heavy() -> None:
    done = python(
        """
        import sys
        import sovl_tui.app
        heavy = {"torch", "transformers", "numpy", "peft", "plotext", "rich.markdown", "markdown_it", "tokenizers"}
        print(sorted(heavy & set(sys.modules)))
        """
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_clipboard_sequence_is_wrapped_and_limited() -> None:
    assert clipboard.osc_52("hi", {}) == "\x1b]52;c;aGk=\a"
    assert clipboard.osc_52("hi", {"TMUX": "1"}) == "\x1bPtmux;\x1b\x1b]52;c;aGk=\a\x1b\\"
    assert clipboard.osc_52("hi", {"TERM": "screen-256color"}) == "\x1bP\x1b]52;c;aGk=\a\x1b\\"
    assert clipboard.osc_52("x" * 80_000, {}) is None


def test_the_desktop_tool_gets_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "xclip"
    tool.write_text(f"#!/bin/sh\ncat > {tmp_path}/got\n")
    tool.chmod(0o755)
    monkeypatch.setattr(clipboard, "_TOOLS", (("xclip", "-selection", "clipboard"),))
    monkeypatch.setattr(clipboard, "_TOOL_SECONDS", PATIENCE)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    written: list[str] = []
    long = "ü" * 50_000
    assert clipboard.copy(long, written.append)
    assert (tmp_path / "got").read_text() == long
    assert written == []


def test_copying_says_when_there_is_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "desktop_tool", lambda: None)
    assert clipboard.copy("short", lambda _: None)
    assert not clipboard.copy("x" * 100_000, lambda _: None)


def test_a_crash_report_finds_a_place(tmp_path: Path) -> None:
    trail = crash.Trail()
    trail.add([Started(1, "chat"), TextChunk(1, "my secret"), TextChunk(1, "is out"), Notice("info", "hm")])
    try:
        raise ValueError("bad\nthing")
    except ValueError as error:
        path = crash.save_report(error, tmp_path, trail)
        assert path is not None and path.parent == tmp_path
        written = path.read_text()
        assert "ValueError: bad" in written
        assert f"SOVL {__version__}, textual" in written
        assert "Last events: Started, 2 TextChunk, Notice\n" in written and "secret" not in written
        elsewhere = crash.save_report(error, tmp_path / "missing", trail)
        assert elsewhere is not None and elsewhere.exists()
        elsewhere.unlink()
        said = crash.last_words(error, path).splitlines()
        assert said[0] == "✖ The screen failed: ValueError: bad"
        assert said[1].endswith(str(path))


def test_a_plot_fills_its_place_and_its_window_stays_inside() -> None:
    rows = plot([0.5, 0.6, 0.4], 20, 3)
    assert [len(row) for row in rows] == [20, 20, 20]
    assert any(char != " " for row in rows for char in row)
    assert plot([0.5], 10, 1)[0].strip()
    for values in ([0.0], [1.0], [0.0, 1.0], [0.5, 0.52]):
        low, high = window(values)
        assert 0.0 <= low < high <= 1.0


class Terminal:
    """A pseudo terminal with a program in it."""

    def __init__(self, code: str, folder: Path) -> None:
        self.master, slave = pty.openpty()
        os.set_blocking(self.master, False)
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(folder)],
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
            start_new_session=True,
        )
        os.close(slave)
        self.output = b""

    def read(self) -> bool:
        """Take in more of its output; False when there will be no more."""
        ready, _, _ = select.select([self.master], [], [], PATIENCE)
        assert ready, f"it says nothing more after {self.output[-500:]!r}"
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # how Linux says that the other side is closed
            piece = b""
        self.output += piece
        return bool(piece)

    def read_until(self, sign: bytes) -> bool:
        while sign not in self.output and self.read():
            pass
        return sign in self.output

    def end(self) -> int:
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait(timeout=PATIENCE)


DEMO = """
    import sys
    from pathlib import Path
    from engine.config import Config
    from sovl_tui.app import SovlApp, run
    from tests.tui.fakes import FakeEngine

    class Obliging(FakeEngine):
        def start(self):
            super().start()
            self.awaken()
        def shutdown(self):
            if not self.closing:
                super().shutdown()
                self.close()

    engine = Obliging(Path(sys.argv[1]))
    {extra}
    code = run(engine, Config())
    print("CODE", code, engine.joined)
"""
AWAKE = b"calm"
"""On the screen once the pump has gone, by its own timer, and taken what the engine said."""
ENTERS_FULL_SCREEN = b"\x1b[?1049h"
LEAVES_FULL_SCREEN = b"\x1b[?1049l"


def test_in_a_terminal_it_paints_and_quits_and_puts_the_terminal_back(tmp_path: Path) -> None:
    terminal = Terminal(DEMO.format(extra=""), tmp_path)
    assert terminal.read_until(b"something, or / for commands")
    assert terminal.read_until(AWAKE)
    os.write(terminal.master, b"\x11")
    assert terminal.read_until(b"CODE 0 True")
    assert terminal.end() == 0
    assert LEAVES_FULL_SCREEN in terminal.output


def test_sigterm_saves_and_puts_the_terminal_back(tmp_path: Path) -> None:
    terminal = Terminal(DEMO.format(extra=""), tmp_path)
    assert terminal.read_until(AWAKE)
    terminal.process.terminate()
    assert terminal.read_until(b"CODE 0 True")
    assert terminal.end() == 0


def test_a_crash_of_the_app_is_a_few_clear_lines_and_a_report(tmp_path: Path) -> None:
    broken = "SovlApp.action_help = lambda self: 1 / 0"
    terminal = Terminal(DEMO.format(extra=broken), tmp_path)
    assert terminal.read_until(AWAKE)
    os.write(terminal.master, b"?")
    assert terminal.read_until(b"CODE 1 True")
    terminal.end()
    after = terminal.output.split(LEAVES_FULL_SCREEN)[-1].decode()
    assert "The screen failed: ZeroDivisionError: division by zero\r\n" in after
    assert "Start it again" in after
    assert "Traceback" not in after
    (report,) = (tmp_path / "logs").glob("screen-crash-*.txt")
    assert "action_help" in report.read_text()


def test_an_engine_that_does_not_end_in_time_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine(tmp_path)
    monkeypatch.setattr(engine, "join", lambda timeout: False)
    monkeypatch.setattr(app.SovlApp, "run", lambda self: None)
    assert app.run(engine, Config()) == 1
    assert "did not end within 5 seconds" in capfd.readouterr().err


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[pexpect.spawn]:
    """A shell with job control, in which the app runs and can be seen to be awake; whatever is said makes it sleep."""
    program = tmp_path / "demo.py"
    sleeps = 'engine.on_submit = lambda id, line: (engine.fall_asleep(id), engine.phase(id, "training"))'
    program.write_text(textwrap.dedent(DEMO.format(extra=sleeps)))
    environment = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PS1": "$ "}
    bash = pexpect.spawn(
        "bash", ["--norc", "--noprofile", "-i"], env=environment, dimensions=(30, 100), timeout=PATIENCE
    )
    bash.sendline(f"{sys.executable} {program} {tmp_path}")
    bash.expect_exact(AWAKE)
    yield bash
    bash.close(force=True)


def test_a_storm_of_sizes_leaves_it_alive(shell: pexpect.spawn) -> None:
    chance = random.Random(7)
    for _ in range(200):
        shell.setwinsize(chance.randint(1, 60), chance.randint(1, 200))
    shell.setwinsize(30, 100)
    shell.send("\u044f")
    shell.expect_exact("\u044f".encode())
    shell.sendcontrol("q")
    shell.expect_exact(b"CODE 0 True")


def test_ctrl_z_goes_to_the_shell_fg_comes_back_and_it_can_be_left_while_it_trains(shell: pexpect.spawn) -> None:
    shell.sendcontrol("z")
    shell.expect_exact(LEAVES_FULL_SCREEN)
    shell.expect_exact(b"Stopped")
    shell.sendline("fg")
    shell.expect_exact(ENTERS_FULL_SCREEN)
    shell.send("\u044f")
    shell.expect_exact("\u044f".encode())
    shell.send("\r")
    shell.expect_exact(b"training")
    shell.sendcontrol("q")
    shell.expect_exact(LEAVES_FULL_SCREEN)
    shell.expect_exact(b"CODE 0 True")
