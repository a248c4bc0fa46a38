"""Other terminal programs beside SOVL, all measured from outside in the same way: ``make bench-terminals``.

``python -m bench.interface_peers [--peers DIR] [--only NAME,...] [--json FILE]`` starts each program in a terminal of
its own (120x40). elia, a chat, beside SOVL: first paint, a key from byte in to byte out, the share of a core that an
answer of 100 tokens a second from a server on this machine costs, idle cost, memory. toolong, a viewer of logs, beside
SOVL's journal, ``--lines`` long each: until its end is seen, to its beginning and back, memory. Every peer lives in an
environment of its own under DIR, which that command makes; SOVL needs none of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.interface_figures import Figure
from bench.interface_journal import fill
from bench.interface_outside import LETTERS, idle_share, type_letters
from bench.interface_server import ANSWER_TOKENS, LAST_WORD, TOKENS_PER_SECOND, Speaker
from bench.machine import describe_machine
from bench.pty_program import Program
from engine import Home

_PATIENCE = 120.0
_ROUNDS = 3
_ANSWER_PATIENCE = 900.0
"""Some draw the whole answer anew for each token: many times slower than it is said."""
_CALM = 3.0
"""Seconds without a word after which it knows all of its log."""
_SOVL_READY = "Say something"


def _elia(programs: Path, folder: Path, server: str) -> Program:
    """elia on a home of its own, with the server for its only model."""
    settings = folder / "config" / "elia"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "config.toml").write_text(
        'default_model = "openai/fake"\n[[models]]\nname = "openai/fake"\ndisplay_name = "fake"\n'
        f'api_base = "{server}/v1"\napi_key = "none"\n'
    )
    own = {"HOME": folder, "XDG_CONFIG_HOME": folder / "config", "XDG_DATA_HOME": folder / "data"}
    environment = {**os.environ, **{name: str(path) for name, path in own.items()}, "OPENAI_API_KEY": "none"}
    return Program([str(programs / "elia")], environment, folder)


def _sovl(home: Path) -> Program:
    """SOVL on the scripted engine, which speaks what the server speaks, as fast."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return Program([sys.executable, "-m", "bench.interface_speaking", str(home)], environment)


def _talk(start: Callable[[], Program], ready: str, send: bytes, args: argparse.Namespace) -> dict[str, Figure]:
    """A chat: ``ready`` is on its screen once one can type, and ``send`` sends what was typed."""
    paints = []
    for _ in range(_ROUNDS - 1):
        with start() as program:
            paints.append(_first_paint(program, ready))
    with start() as program:
        paints.append(_first_paint(program, ready))
        program.calm(1.0, 20.0)
        figures = {
            "first paint": Figure(median(one.value for one in paints), "s", median(one.cpu or 0 for one in paints))
        }
        figures |= {f"key {name}": Figure(value) for name, value in type_letters(program, LETTERS).items()}
        figures["idle"] = idle_share(program, args.seconds)
        figures["memory"] = Figure(program.memory_mb(), "MB")
        for number in range(1, args.answers + 1):
            figures[f"streaming, answer {number}"] = _stream(program, send, LAST_WORD.format(number))
    return figures


def _first_paint(program: Program, ready: str) -> Figure:
    if program.wait_for(lambda: program.shows(ready), _PATIENCE) is None:
        raise SystemExit(f"“{ready}” was not painted within {_PATIENCE:.0f} seconds:\n{program.screen}")
    return Figure(time.perf_counter() - program.began, "s", program.cpu())


def _stream(program: Program, send: bytes, last: str) -> Figure:
    """Ask, and hear all of the answer up to ``last``: the share of a core at the rate of the server."""
    program.calm(1.0, 10.0)
    before = program.cpu()
    program.press(b"go on")
    program.calm(0.3, 5.0)
    program.press(send)
    seconds = ANSWER_TOKENS / TOKENS_PER_SECOND
    if program.wait_for(lambda: program.shows(last), _ANSWER_PATIENCE) is None:
        raise SystemExit(f"The answer did not come to its end:\n{program.screen}")
    return Figure((program.cpu() - before) / seconds, "share")


# -- logs --------------------------------------------------------------------------------------------------------------


def _log(start: Callable[[], Program], lines: int, open_keys: bytes = b"") -> dict[str, Figure]:
    """A list of ``lines`` numbered ones; ``open_keys`` lead there from the first screen."""
    first, last = "row-0000000-x", f"row-{lines - 1:07}-x"
    with start() as program:
        if open_keys:
            _first_paint(program, _SOVL_READY)
            program.press(open_keys)
        if program.wait_for(lambda: program.shows(first) or program.shows(last), _PATIENCE) is None:
            raise SystemExit(f"No line of the log was painted:\n{program.screen}")
        figures = {"start, lines painted": Figure(time.perf_counter() - program.began, "s", program.cpu())}
        program.calm(_CALM, _PATIENCE)
        figures["start, all known"] = Figure(time.perf_counter() - program.began - _CALM, "s", program.cpu())
        program.press(b"\x1b[H")
        program.calm(1.0, 10.0)
        figures["jump to the end"] = _jump(program, b"\x1b[F", last)
        figures["jump to the beginning"] = _jump(program, b"\x1b[H", first)
        figures["memory"] = Figure(program.memory_mb(), "MB")
    return figures


def _jump(program: Program, key: bytes, sign: str) -> Figure:
    program.calm(0.5, 5.0)
    before = program.cpu()
    program.press(key)
    spent = program.wait_for(lambda: program.shows(sign), _PATIENCE)
    if spent is None:
        raise SystemExit(f"“{sign}” was jumped to and not painted:\n{program.screen}")
    return Figure(spent, "s", program.cpu() - before)


def _write_log(path: Path, lines: int) -> None:
    with path.open("w") as file:
        for number in range(lines):
            file.write(
                f"2026-11-24 10:{number // 60 % 60:02}:{number % 60:02} INFO row-{number:07}-x moon garden coffee\n"
            )


def main() -> int:
    """Measure all that is there, and print it side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=Path("build/peers"), help="where their environments are")
    parser.add_argument("--only", default="", help="some of them, with commas")
    parser.add_argument("--lines", type=int, default=1_000_000, help="length of the log")
    parser.add_argument("--answers", type=int, default=3, help="how many to hear in a row")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to look at them doing nothing")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    wanted = args.only.split(",") if args.only else []
    print(f"{describe_machine()['text']}; load {os.getloadavg()[0]:.1f}")
    result: dict[str, dict[str, Figure]] = {}

    def keep(name: str, measure: Callable[[], dict[str, Figure]]) -> None:
        if not wanted or name in wanted:
            result[name] = measure()
            for what, figure in result[name].items():
                print(f"  {name:10} {what:26} {figure}", flush=True)

    with tempfile.TemporaryDirectory() as scratch:
        folder, peers = Path(scratch), args.peers.absolute()
        keep("sovl", lambda: _talk(lambda: _sovl(folder / "sovl"), _SOVL_READY, b"\r", args))
        elia = peers / "elia-chat" / "bin"
        if elia.exists():
            with Speaker() as speaker:
                start = partial(_elia, elia, folder / "elia", speaker.address)
                keep("elia", lambda: _talk(start, "Enter your", b"\n", args))
        if not wanted or {"sovl log", "toolong"} & set(wanted):
            log, home = folder / "long.log", folder / "sovl-log"
            home.mkdir()
            fill(Home(home).journal_path, args.lines, numbered=True)
            keep("sovl log", lambda: _log(lambda: _sovl(home), args.lines, b"\x1bOS"))
            toolong = peers / "toolong" / "bin" / "tl"
            if toolong.exists():
                _write_log(log, args.lines)
                keep("toolong", lambda: _log(lambda: Program([str(toolong), str(log)], os.environ), args.lines))
    if args.json:
        data: dict[str, Any] = {
            name: {what: asdict(one) for what, one in some.items()} for name, some in result.items()
        }
        args.json.write_text(json.dumps({"machine": describe_machine(), "figures": data}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
