"""``sovl`` and ``sovl exec`` from outside: output, exit status, Ctrl-C, and what is imported for it."""

import gc
import io
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque

import pytest

import engine
from engine.api import (
    Closed,
    Done,
    Dreamt,
    EngineFailed,
    EngineState,
    Notice,
    Outbox,
    Outcome,
    Output,
    Progress,
    SleepPhase,
    Snapshot,
    Started,
    TextChunk,
    TrainingStep,
)
from engine.home import Home
from sovl_tui import cli, completion, serving
from sovl_tui.headless import Interrupts, JsonPrinter, TextPrinter, run


def night(job):
    """What a short night lets out."""
    yield Output(job, "--- Sleeping ---")
    yield SleepPhase(job, "falling asleep")
    yield SleepPhase(job, "dreaming", "2 memories")
    yield Dreamt(job, "My cat is Mia.", "Who is Mia?", "my cat,\n\x1b[31mred", True)
    yield Dreamt(job, "My cat is Mia.", "What is blue?", "the sky", False, "not in the memory")
    yield SleepPhase(job, "training")
    yield from (TrainingStep(job, step, 25, 1 - step / 100, 0.0) for step in range(1, 26))
    yield SleepPhase(job, "auditing")


class FakeEngine:
    """Answers each line by a script, on the thread of whoever asks."""

    def __init__(self, home=None, config=None, config_path=None, *, state=EngineState.AWAKE):
        self.home, self.config = home, config
        self.outbox = Outbox(Snapshot(state=state))
        self.ran, self.calls = [], []
        self._ids = itertools.count(1)
        self._closed = False

    def start(self):
        self.calls.append("start")

    def submit(self, line):
        job = next(self._ids)
        if not self._closed:
            self.ran.append(line)
            for event in self.script(job, line):
                self.outbox.put(event)
        return job

    def script(self, job, line):
        if line == "quit":
            self._closed = True
            return [Started(job, "quit"), Output(job, "Cleanup completed.\nExiting."), Done(job, Outcome.OK), Closed()]
        if line == "status":
            return [Started(job, "status"), Output(job, "--- System Status ---"), Done(job, Outcome.OK)]
        if line.startswith("generate"):
            text = [TextChunk(job, "I am "), TextChunk(job, "fine.")]
            frame = [Output(job, "--- Generating Response ---"), *text, Output(job, "--------------------")]
            return [Started(job, "generate"), *frame, Done(job, Outcome.OK, "I am fine.")]
        if line == "bad":
            return [Started(job, "chat"), Done(job, Outcome.REFUSED, message="That is no good.")]
        if line == "breaks":
            return [Started(job, "chat"), TextChunk(job, "half"), Done(job, Outcome.FAILED, message="It broke.")]
        if line == "escape":
            return [Started(job, "chat"), TextChunk(job, "\x1b[31mred"), Done(job, Outcome.OK)]
        if line == "models are gone":
            return [EngineFailed("no weights", "/report.txt"), Done(job, Outcome.REFUSED, message="no weights")]
        if line == "warns":
            return [Notice("warning", "Mind the gap."), Progress(job, "x", 1, 2), Done(job, Outcome.OK)]
        if line == "sleep":
            return [Started(job, "sleep"), *night(job), Output(job, "Learned 1 of 1."), Done(job, Outcome.OK)]
        if line == "train":
            steps = [TrainingStep(job, step, 20, 1.0, 0.0) for step in range(1, 21)]
            return [Started(job, "train"), *steps, Output(job, "Training complete."), Done(job, Outcome.OK)]
        if line == "for ever":
            return [Started(job, "chat"), TextChunk(job, "on and on")]
        return [Started(job, "chat"), TextChunk(job, f"You said {line}"), Done(job, Outcome.OK, f"You said {line}")]

    def stop(self, id=None):
        self.calls.append("stop")
        self.outbox.put(Done(id or 0, Outcome.STOPPED))

    def shutdown(self):
        self.calls.append("shutdown")
        if not self._closed:
            self._closed = True
            self.outbox.put(Closed())

    def join(self, timeout):
        return self._closed


class Result:
    def __init__(self, lines, fake=None, interrupts=None, as_json=False, out=None):
        self.engine = fake or FakeEngine()
        self._out, self._err = out or io.StringIO(), io.StringIO()
        printer = JsonPrinter(self._out) if as_json else TextPrinter(self._out, self._err)
        self.status = run(self.engine, lines, printer, self._err, interrupts or Interrupts())

    @property
    def out(self):
        return self._out.getvalue()

    @property
    def err(self):
        return self._err.getvalue()


# -- running lines -----------------------------------------------------------------------------------------------------


def test_lines_run_in_order_and_the_engine_is_closed():
    result = Result(["hello", "status", ""])
    assert result.out == "You said hello\n--- System Status ---\n"
    assert (result.status, result.err) == (0, "")
    assert result.engine.ran == ["hello", "status"]
    assert result.engine.calls == ["start", "shutdown"]


def test_generate_has_the_form_of_the_specification():
    assert Result(["generate Hello, how are you?"]).out == (
        "--- Generating Response ---\nResponse: I am fine.\n--------------------\n"
    )


def test_a_night_tells_its_phases_its_kept_dreams_and_every_tenth_step():
    result = Result(["sleep"])
    assert result.out.splitlines() == [
        "--- Sleeping ---",
        "Phase: falling asleep",
        "Phase: dreaming (2 memories)",
        "Dreamt: Who is Mia? -> my cat, ␛[31mred",
        "Phase: training",
        "Step 1/25 | Loss: 0.99",
        "Step 10/25 | Loss: 0.90",
        "Step 20/25 | Loss: 0.80",
        "Step 25/25 | Loss: 0.75",
        "Phase: auditing",
        "Learned 1 of 1.",
    ]
    assert result.err == ""


def test_a_training_prints_its_own_lines_only():
    assert Result(["train"]).out == "Training complete.\n"


def test_only_full_success_is_success():
    result = Result(["hello", "bad", "breaks", "status"])
    assert result.status == 1
    assert result.err == "sovl: That is no good.\nsovl: It broke.\n"
    assert result.out == "You said hello\nhalf\n--- System Status ---\n"


def test_what_belongs_to_no_line_goes_to_stderr():
    result = Result(["warns"])
    assert (result.status, result.out, result.err) == (0, "", "sovl: Mind the gap.\n")


def test_a_failed_engine_is_told_with_its_report():
    result = Result(["models are gone"])
    assert result.status == 1
    assert "sovl: no weights (report: /report.txt)\n" in result.err


def test_nothing_is_interpreted_by_the_terminal():
    assert Result(["escape"]).out == "␛[31mred\n"


def test_lines_after_quit_are_not_run_and_this_is_said():
    result = Result(["quit", "hello", "status"])
    assert result.engine.ran == ["quit"]
    assert result.out == "Cleanup completed.\nExiting.\n"
    assert (result.status, result.err) == (1, "sovl: 2 lines were not run: SOVL had ended\n")


def test_quit_as_the_last_line_is_success():
    assert Result(["hello", "quit"]).status == 0


def test_an_engine_that_dies_without_a_word_does_not_hang_us():
    class Dying(FakeEngine):
        def script(self, job, line):
            self._closed = True
            return []

    result = Result(["hello"], Dying())
    assert result.status == 1 and "1 line was not run" in result.err


def test_a_failed_save_at_the_end_is_a_failure():
    class Unsaved(FakeEngine):
        def shutdown(self):
            self.outbox.put(Notice("error", "The disk is full."))
            super().shutdown()

    result = Result(["hello"], Unsaved())
    assert (result.status, result.err) == (1, "sovl: The disk is full.\n")


def test_json_is_one_event_a_line():
    result = Result(["generate x", "escape"], as_json=True)
    events = [json.loads(line) for line in result.out.splitlines()]
    assert events[0] == {"event": "started", "id": 1, "name": "generate"}
    assert {"id": 2, "text": "\x1b[31mred"}.items() <= events[-3].items()
    assert events[-2]["event"] == "done" and events[-2]["outcome"] == "ok"
    assert events[-1] == {"event": "closed"}
    assert "\x1b" not in result.out


def test_a_reader_that_goes_away_ends_the_run():
    class Closing(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    result = Result(["hello", "status"], out=Closing())
    assert result.status == 1
    assert result.engine.ran == ["hello"]
    assert result.engine.calls[-1] == "shutdown"


# -- Ctrl-C ------------------------------------------------------------------------------------------------------------


class Pressing(Interrupts):
    """Ctrl-C, pressed when the count has been looked at some times."""

    def __init__(self, *at):
        self._at, self._looks = deque(at), 0
        super().__init__()

    @property
    def count(self):
        self._looks += 1
        return sum(self._looks >= at for at in self._at)

    @count.setter
    def count(self, value):
        pass


def test_ctrl_c_stops_the_running_line_and_runs_no_more():
    result = Result(["for ever", "status"], interrupts=Pressing(2))
    assert result.status == 130
    assert result.engine.ran == ["for ever"]
    assert result.engine.calls == ["start", "stop", "shutdown"]
    assert result.out == "on and on\n" and result.err == "sovl: stopped\n"


def test_a_second_ctrl_c_shuts_down_at_once():
    class Deaf(FakeEngine):
        def stop(self, id=None):
            self.calls.append("stop")

    result = Result(["for ever"], Deaf(), interrupts=Pressing(2, 6))
    assert result.status == 130
    assert result.engine.calls == ["start", "stop", "stop", "shutdown", "shutdown"]


def test_ctrl_c_while_loading_shuts_down():
    result = Result(["for ever"], FakeEngine(state=EngineState.LOADING), interrupts=Pressing(1))
    assert result.status == 130
    assert "shutdown" in result.engine.calls


def test_ctrl_c_while_waiting_for_a_line_ends_the_run():
    def lines():
        yield "hello"
        signal.raise_signal(signal.SIGINT)
        yield "status"

    before = signal.getsignal(signal.SIGINT)  # a job in the background is started with it ignored
    with Interrupts() as interrupts:
        result = Result(lines(), interrupts=interrupts)
    assert result.status == 130
    assert result.engine.ran == ["hello"]
    assert signal.getsignal(signal.SIGINT) is before


def test_interrupts_do_no_harm_on_another_thread():
    failed = []

    def elsewhere():
        try:
            with Interrupts():
                pass
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert failed == []


# -- the program -------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(monkeypatch):
    """Engines that ``sovl`` makes, newest last."""
    engines = []

    def make(home, config, config_path):
        engines.append(FakeEngine(home, config))
        return engines[-1]

    monkeypatch.setattr(engine, "Engine", make)
    return engines


def test_exec_opens_the_home_and_releases_it(made, tmp_path, capsys):
    assert cli.main(["exec", "--home", str(tmp_path / "home"), "hello"]) == 0
    assert capsys.readouterr().out == "You said hello\n"
    assert made[0].home.path == tmp_path / "home"
    with Home(tmp_path / "home"):
        pass


def test_options_count_before_and_after_exec(made, tmp_path, capsys):
    (tmp_path / "mine.json").write_text('{"controls_config": {"base_temperature": 0.9}}')
    options = ["--home", str(tmp_path / "a"), "--config", str(tmp_path / "mine.json")]
    assert cli.main([*options, "exec", "--json", "hello"]) == 0
    assert made[0].config.get("base_temperature") == 0.9
    assert json.loads(capsys.readouterr().out.splitlines()[0])["event"] == "started"
    assert cli.main(["--home", str(tmp_path / "a"), "exec", "--home", str(tmp_path / "b"), "x"]) == 0
    assert made[1].home.path == tmp_path / "b"


def test_the_homes_own_settings_are_used(made, tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"controls_config": {"base_temperature": 0.8, "novel": 1}}')
    assert cli.main(["exec", "--home", str(tmp_path), "hello"]) == 0
    assert made[0].config.get("base_temperature") == 0.8
    assert "no key 'novel'" in capsys.readouterr().err


def test_wrong_settings_are_told_line_by_line(made, tmp_path, capsys):
    (tmp_path / "config.json").write_text('{"controls_config": {"base_temperature": 9, "sleep_log_min": "x"}}')
    assert cli.main(["exec", "--home", str(tmp_path), "hello"]) == 2
    err = capsys.readouterr().err
    assert "base_temperature" in err and "sleep_log_min" in err and len(err.splitlines()) == 2
    assert made == []


def test_a_missing_settings_file_is_told(made, tmp_path, capsys):
    assert cli.main(["exec", "--home", str(tmp_path), "--config", str(tmp_path / "no.json"), "x"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_home_in_use_is_told_and_can_be_read(made, tmp_path, capsys):
    with Home(tmp_path):
        assert cli.main(["exec", "--home", str(tmp_path), "hello"]) == 1
        assert f"in use by process {os.getpid()}" in capsys.readouterr().err
        assert cli.main(["exec", "--home", str(tmp_path), "--read-only", "hello"]) == 0
        assert made[0].home.read_only


def test_a_home_that_is_none_is_told(made, tmp_path, capsys):
    (tmp_path / "file").touch()
    assert cli.main(["exec", "--home", str(tmp_path / "file"), "hello"]) == 1
    assert "not a folder" in capsys.readouterr().err


def test_lines_come_from_standard_input(made, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\n\nstatus\n"))
    assert cli.main(["exec", "--home", str(tmp_path)]) == 0
    assert [line.strip() for line in made[0].ran] == ["hello", "status"]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_exec_without_lines_on_a_terminal_is_wrong_usage(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert cli.main(["exec"]) == 2
    assert "nothing to run" in capsys.readouterr().err


def test_the_app_needs_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert cli.main([]) == 2
    assert "sovl exec" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_plain_is_asked_for_or_chosen_on_a_dumb_terminal(made, tmp_path, capsys, monkeypatch, terminal):
    reading, writing = os.pipe()
    os.write(writing, b"hello\n")
    os.close(writing)
    monkeypatch.setenv("TERM", terminal)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal == "dumb", raising=False)
    with os.fdopen(reading) as lines:
        monkeypatch.setattr(sys, "stdin", lines)
        assert cli.main(["--home", str(tmp_path), *(["--plain"] if terminal == "xterm" else [])]) == 0
    said = capsys.readouterr()
    assert said.out == "SOVL: You said hello\nSaving …\n"
    assert ("TERM is dumb" in said.err) == (terminal == "dumb")
    assert made[0].calls == ["start", "shutdown"]


@pytest.mark.parametrize("answer", ["y\n", "n\n", ""])
def test_the_app_offers_to_look_into_a_home_in_use(made, tmp_path, monkeypatch, answer):
    shown = []
    app = type(sys)("sovl_tui.app")
    app.run = lambda engine, config: shown.append(engine) or int(gc.isenabled())  # until the first paint it is not
    monkeypatch.setitem(sys.modules, "sovl_tui.app", app)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "stdout", Terminal())
    with Home(tmp_path):
        assert cli.main(["--home", str(tmp_path)]) == (0 if answer == "y\n" else 1)
    assert [one.home.read_only for one in shown] == [True] * (answer == "y\n")
    assert all(one.calls == ["shutdown"] for one in shown)
    assert gc.isenabled()


def test_serving_without_the_package_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    assert cli.main(["serve"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("sovl: ") and "-m pip install textual-serve" in said and said.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_that_is_none_is_wrong_usage(capsys, port):
    with pytest.raises(SystemExit) as end:
        cli.main(["serve", f"--port={port}"])
    assert end.value.code == 2
    assert f"{port} is no port; give a number from 1 to 65535" in capsys.readouterr().err


def test_a_shell_is_told_every_word_and_option(capsys):
    for shell in completion.SHELLS:
        assert cli.main(["completion", shell]) == 0
        said = capsys.readouterr().out
        parser = cli._parser()
        words = next(action.choices for action in parser._actions if action.dest == "what")
        options = {
            option.lstrip("-") for action in parser._actions for option in action.option_strings if option[:2] == "--"
        }
        assert all(word in said for word in words)
        assert all(option in said for option in options - {"help"})
    shell = f"{completion.script('bash')}\nCOMP_WORDS=(sovl --pl); COMP_CWORD=1; _sovl; echo ${{COMPREPLY[*]}}"
    assert subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True).stdout == "--plain\n"


@pytest.mark.parametrize(
    ("host", "origin", "own"),
    [
        ("127.0.0.1:8642", "http://127.0.0.1:8642", True),
        ("localhost:8642", "http://localhost:8642", True),
        ("127.0.0.1:8642", None, True),
        ("127.0.0.1:8642", "https://evil.example", False),
        ("127.0.0.1:8642", "http://127.0.0.1:9999", False),
        ("evil.example:8642", None, False),
        ("127.0.0.1:8642", "null", False),
        (None, None, False),
    ],
)
def test_the_browser_s_other_pages_are_kept_out(host, origin, own):
    assert serving.is_own(host, origin, 8642) is own


def test_the_page_in_the_browser_fetches_nothing_from_elsewhere():
    for rule in serving.looks(8642).split("; "):
        kind, *sources = rule.split(" ")
        assert kind in ("style-src", "font-src")
        assert set(sources) <= {
            "'self'", "http://127.0.0.1:8642", "http://localhost:8642", "'unsafe-inline'", "data:",
        }  # fmt: skip
        assert "http://127.0.0.1:8642" in sources, "textual-serve writes the address into its links"


def test_a_taken_port_is_said():
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(serving.ServeError, match=f"port {port} cannot be used"):
            serving._check_free(port)


def test_a_page_loaded_again_waits_for_the_one_before(made, tmp_path, monkeypatch):
    app = type(sys)("sovl_tui.app")
    app.run = lambda engine, config: 0
    monkeypatch.setitem(sys.modules, "sovl_tui.app", app)
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    before = Home(tmp_path).open()
    monkeypatch.setattr(cli.time, "sleep", lambda seconds: before.release())
    assert cli.main(["--home", str(tmp_path)]) == 0
    monkeypatch.setattr(cli.time, "sleep", lambda seconds: None)
    with Home(tmp_path):
        assert cli.main(["--home", str(tmp_path)]) == 1


def test_wrong_options_are_wrong_usage(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["exec", "--nonsense"])
    assert end.value.code == 2
    assert "--nonsense" in capsys.readouterr().err


_HYGIENE = """
import sys
from sovl_tui.cli import main
assert main(["--version"]) == 0
heavy = ("torch", "transformers", "textual", "pydantic", "numpy", "sqlite3", "asyncio")
print([name for name in heavy if name in sys.modules])
"""


def test_the_version_is_told_without_importing_anything_heavy():
    done = subprocess.run([sys.executable, "-c", _HYGIENE], capture_output=True, text=True, check=True)
    version, imported = done.stdout.splitlines()
    assert version == f"sovl {engine.__version__}"
    assert imported == "[]"


def test_a_reader_that_goes_away_leaves_no_traceback(tmp_path):
    code = (
        "import sys, engine; sys.path.insert(0, 'tests'); import test_cli; engine.Engine = test_cli.FakeEngine;"
        f"from sovl_tui.cli import main; sys.exit(main(['exec', '--home', {str(tmp_path)!r}, 'hello', 'status']))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 1
    process.stderr.close()
