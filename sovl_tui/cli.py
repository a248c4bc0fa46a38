"""``sovl``, ``sovl exec`` and ``sovl serve``: reads the arguments, opens the home, and hands over.

Nothing heavy is imported before it is needed, so that ``--version``, ``--help`` and a mistyped option answer at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING

from sovl_tui.completion import SHELLS, script

if TYPE_CHECKING:
    from engine import Config, Engine, Home

USAGE_ERROR = 2
_FAILED = 1
_INTERRUPTED = 130
_JOIN_SECONDS = 10.0
_DUMB = ("dumb", "unknown")
_PORT = 8642
_RELOAD_SECONDS = 12.0
"""How long a page that is loaded again waits for the process of the one before it to save and end."""
_LOOK_SECONDS = 0.2


class _Exit(Exception):
    """End the program with a status, after the lines that say why."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__(*lines)
        self.status = status
        self.lines = lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter shows its number
            stream.reconfigure(errors="replace" if stream is sys.stdin else "backslashreplace")
    args = _parser().parse_args(argv)
    try:
        if args.version:
            print(f"sovl {_version()}")
            return 0
        if args.what == "exec":
            return _exec(args)
        if args.what == "serve":
            return _serve(args)
        if args.what == "completion":
            print(script(args.shell), end="")
            return 0
        return _plain(args) if args.plain or _is_dumb() else _app(args)
    except _Exit as end:
        for line in end.lines:
            print(f"sovl: {line}", file=sys.stderr)
        return end.status
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    def options(parser: argparse.ArgumentParser, **more: object) -> None:
        parser.add_argument("--home", metavar="DIR", type=Path, help="the lifeform's own folder", **more)  # type: ignore[arg-type]
        parser.add_argument("--config", metavar="FILE", type=Path, help="settings, instead of the home's", **more)  # type: ignore[arg-type]
        parser.add_argument("--read-only", action="store_true", help="look, but change nothing on disk", **more)  # type: ignore[arg-type]

    parser = argparse.ArgumentParser(
        prog="sovl",
        description="A living thing in the terminal: a local language model that learns from you while it sleeps.",
        epilog="Without a command it opens the app. Its folder is --home, else $SOVL_HOME, else your user data folder.",
    )
    parser.add_argument("--version", action="store_true", help="say which version this is")
    options(parser)
    parser.add_argument(
        "--plain", action="store_true", help="one line at a time, for screen readers and dumb terminals"
    )
    what = parser.add_subparsers(dest="what", metavar="exec | serve | completion")
    execute = what.add_parser(
        "exec",
        help="run lines, chat or commands, without the app",
        description="Run lines in order, as if typed at the prompt. Without lines, reads them from standard input.",
        epilog='Example: sovl exec "What is a dream?" "status". Exit status: 0 when every line succeeded, 1 when one '
        "did not, 2 for wrong usage or settings, 130 after Ctrl-C.",
    )
    # Given before or after the word exec: what is not given after it must not undo what was given before.
    options(execute, default=argparse.SUPPRESS)
    execute.add_argument("--json", action="store_true", help="one event a line, as JSON")
    execute.add_argument("lines", metavar="LINE", nargs="*", help='chat, or a command such as "log view"')
    browser = what.add_parser(
        "serve",
        help="the same app in a browser on this machine",
        description="Serve the app to a browser on this machine, and to nobody else. Needs the package textual-serve.",
    )
    options(browser, default=argparse.SUPPRESS)
    browser.add_argument("--port", type=_port, default=_PORT, help=f"where to serve; {_PORT} when not given")
    shell = what.add_parser(
        "completion",
        help="tell a shell how to complete this command line",
        epilog="Example: source <(sovl completion bash), or: sovl completion fish | source",
    )
    shell.add_argument("shell", choices=SHELLS)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; give a number from 1 to 65535")
    return int(text)


def _version() -> str:
    """The version, read from its own file: importing the engine for it would take ten times as long."""
    found = find_spec("engine")
    if found is None or found.origin is None:
        raise _Exit(_FAILED, "the package `engine` is missing; install SOVL again")
    version: str = run_path(str(Path(found.origin).with_name("version.py")))["__version__"]
    return version


# -- sovl exec ---------------------------------------------------------------------------------------------------------


def _exec(args: argparse.Namespace) -> int:
    lines: Iterable[str] = args.lines
    if not args.lines:
        if sys.stdin.isatty():
            raise _Exit(USAGE_ERROR, 'nothing to run; give lines, such as: sovl exec "status"')
        lines = sys.stdin
    from sovl_tui.headless import Interrupts, JsonPrinter, TextPrinter, run

    home = _open_home(args.home, args.read_only)
    with home:
        engine = _engine(home, _settings(home, args.config), args.config)
        printer = JsonPrinter(sys.stdout) if args.json else TextPrinter(sys.stdout, sys.stderr)
        with Interrupts() as interrupts:
            status = run(engine, lines, printer, sys.stderr, interrupts)
            _join(engine, status)
    _flush_or_give_up()
    return status


def _flush_or_give_up() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone. The interpreter would flush once more at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# -- the app -----------------------------------------------------------------------------------------------------------


def _app(args: argparse.Namespace) -> int:
    in_browser = bool(os.environ.get("TEXTUAL_DRIVER"))  # textual-serve says so: it stands where the terminal would
    if not (in_browser or (sys.stdin.isatty() and sys.stdout.isatty())):
        raise _Exit(USAGE_ERROR, 'the app needs a terminal; without one there is: sovl exec "LINE"')
    gc.disable()  # looking for garbage among what is being imported took a sixth of the way to the first paint
    try:
        wait = _RELOAD_SECONDS if in_browser else 0
        with _open_home(args.home, args.read_only, ask=not in_browser, wait=wait) as home:
            return _run_app(home, args)
    finally:
        gc.enable()


def _run_app(home: Home, args: argparse.Namespace) -> int:
    config = _settings(home, args.config)
    from sovl_tui.app import run

    engine = _engine(home, config, args.config)
    try:
        return run(engine, config)
    finally:
        engine.shutdown()
        _join(engine, _FAILED)


# -- in a browser ------------------------------------------------------------------------------------------------------


def _serve(args: argparse.Namespace) -> int:
    from sovl_tui.serving import ServeError, serve

    chosen = [("--home", args.home), ("--config", args.config)]
    options = [part for name, value in chosen if value is not None for part in (name, str(value.absolute()))]
    try:
        serve([*options, *(["--read-only"] if args.read_only else [])], args.port)
    except ServeError as error:
        raise _Exit(_FAILED, str(error)) from None
    return 0


# -- one line at a time ------------------------------------------------------------------------------------------------


def _is_dumb() -> bool:
    """Whether the terminal says that it can do nothing but write lines."""
    if os.environ.get("TERM") not in _DUMB or not sys.stdout.isatty():
        return False
    print("sovl: this terminal can only write lines (TERM is dumb), so it is sovl --plain.", file=sys.stderr)
    return True


def _plain(args: argparse.Namespace) -> int:
    from sovl_tui.headless import Interrupts
    from sovl_tui.plain import Typed, run_plain

    watched = sys.stdin.isatty() and sys.stdout.isatty()
    with _open_home(args.home, args.read_only, ask=watched) as home:
        engine = _engine(home, _settings(home, args.config), args.config)
        with Interrupts() as interrupts:
            status = run_plain(engine, Typed(sys.stdin.fileno()), sys.stdout, interrupts, prompts=watched)
            _join(engine, status)
    _flush_or_give_up()
    return status


# -- opening -----------------------------------------------------------------------------------------------------------


def _open_home(path: Path | None, read_only: bool, ask: bool = False, wait: float = 0) -> Home:
    """Take the home, if need be after up to ``wait`` seconds in which someone else leaves it."""
    from engine import Home, HomeError, HomeInUse

    home = Home(path)
    try:
        return home.open(read_only=read_only)
    except HomeInUse as error:
        if wait > 0:
            time.sleep(_LOOK_SECONDS)
            return _open_home(path, read_only, ask, wait - _LOOK_SECONDS)
        if ask and _agreed(f"sovl: {error}\nOpen it read-only? [y/N] "):
            return _open_home(path, read_only=True)
        raise _Exit(_FAILED, str(error)) from None
    except HomeError as error:
        raise _Exit(_FAILED, str(error)) from None


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().casefold() in ("y", "yes")
    except EOFError:
        return False


def _settings(home: Home, path: Path | None) -> Config:
    from engine.config import ConfigError, load_config

    file = path or (home.config_path if home.config_path.exists() else None)
    try:
        config, warnings = load_config(file)
    except ConfigError as error:
        raise _Exit(USAGE_ERROR, *error.problems) from None
    for warning in warnings:
        print(f"sovl: {warning}", file=sys.stderr)
    return config


def _engine(home: Home, config: Config, config_path: Path | None) -> Engine:
    from engine import Engine

    return Engine(home, config, config_path)


def _join(engine: Engine, status: int) -> None:
    """Wait for the engine's thread. One that does not end must not meet the interpreter's end: torch would abort."""
    if not engine.join(_JOIN_SECONDS):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or _FAILED)
