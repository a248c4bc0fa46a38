"""Other terminal programs beside SOVL, all measured from outside in the same way: ``make bench-terminals``.

``python -m bench.interface_peers [--peers DIR] [--only NAME,...] [--json FILE]`` starts each program in a terminal of
its own (120x40) and measures its first paint, a key from byte in to byte out, what it costs to stream an answer of 100
tokens a second from a server on this machine, and idle cost and memory. The two that show logs open one of ``--lines``
lines, and go to its end and back. Every peer lives in an environment of its own under DIR, which that command makes;
none of them is needed by SOVL.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.interface_figures import Figure
from bench.interface_outside import LETTERS, idle_share, type_letters
from bench.interface_server import ANSWER_TOKENS, LAST_WORD, TOKENS_PER_SECOND, Speaker
from bench.machine import describe_machine
from bench.pty_program import Program

_PATIENCE = 60.0
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that talks with a model.

    Attributes:
        name: Of its package.
        command: After the folder with its programs.
        ready: What can be read on its screen once a line can be typed.
        prepare: Writes what it must find in its home; given that and the server's address, returns its environment.
        before: Keys that lead from its first screen to where one types.
    """

    name: str
    command: tuple[str, ...]
    ready: str
    prepare: Callable[[Path, str], Mapping[str, str]]
    before: bytes = b""


def _elia(home: Path, server: str) -> Mapping[str, str]:
    folder = home / "config" / "elia"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(
        'default_model = "openai/fake"\n[[models]]\nname = "openai/fake"\ndisplay_name = "fake"\n'
        f'api_base = "{server}/v1"\napi_key = "none"\n'
    )
    return {"XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data"), "OPENAI_API_KEY": "none"}


def _oterm(home: Path, server: str) -> Mapping[str, str]:
    return {
        "OLLAMA_HOST": server.removeprefix("http://"),
        "OLLAMA_URL": server,
        "OTERM_DATA_DIR": str(home),
        "XDG_DATA_HOME": str(home),
    }


PEERS = (
    Peer("elia-chat", ("elia",), "fake", _elia),
    Peer("oterm", ("oterm",), "oterm", _oterm),
)


def _chat(peer: Peer, folder: Path, programs: Path, seconds: float) -> dict[str, Figure]:
    with Speaker() as speaker:
        home = folder / peer.name
        home.mkdir()
        environment = {**os.environ, "HOME": str(home), **peer.prepare(home, speaker.address)}
        command = [str(programs / peer.command[0]), *peer.command[1:]]
        return _talk(lambda: Program(command, environment, home), peer.ready, peer.before, seconds)


def _sovl(folder: Path, seconds: float) -> dict[str, Figure]:
    """SOVL on the scripted engine, which speaks what the server speaks, as fast."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "bench.interface_speaking", str(folder)]
    return _talk(lambda: Program(command, environment), "Say something", b"", seconds)


def _talk(start: Callable[[], Program], ready: str, before: bytes, seconds: float) -> dict[str, Figure]:
    paints = []
    for _ in range(_ROUNDS - 1):
        with start() as program:
            paints.append(_first_paint(program, ready))
    with start() as program:
        paints.append(_first_paint(program, ready))
        program.calm(1.0, 20.0)
        program.press(before)
        program.calm(1.0, 10.0)
        figures = {
            "first paint": Figure(median(one.value for one in paints), "s", median(one.cpu or 0 for one in paints))
        }
        figures |= {f"key {name}": Figure(value) for name, value in type_letters(program, LETTERS).items()}
        figures["idle"] = idle_share(program, seconds)
        figures["memory"] = Figure(program.memory_mb(), "MB")
        for name in ("first answer", "second answer"):
            figures[f"streaming, {name}"] = _stream(program)
    return figures


def _first_paint(program: Program, ready: str) -> Figure:
    if program.wait_for(lambda: ready.encode() in program.output, _PATIENCE) is None:
        raise SystemExit(f"{ready!r} was not painted within {_PATIENCE:.0f} seconds: {program.output[-400:]!r}")
    return Figure(time.perf_counter() - program.began, "s", program.cpu())


def _stream(program: Program) -> Figure:
    """Ask, and hear all of the answer: the share of a core at the rate of the server."""
    program.output = b""
    program.press(b"go on\r")
    before = program.cpu()
    seconds = ANSWER_TOKENS / TOKENS_PER_SECOND
    if program.wait_for(lambda: LAST_WORD in program.output, _PATIENCE + 3 * seconds) is None:
        raise SystemExit(f"The answer did not come to its end: {program.output[-400:]!r}")
    return Figure((program.cpu() - before) / seconds, "share")


# -- logs --------------------------------------------------------------------------------------------------------------


def _log(start: Callable[[], Program], first: bytes, last: bytes, to_end: bytes, to_start: bytes) -> dict[str, Figure]:
    with start() as program:
        if program.wait_for(lambda: first in program.output or last in program.output, _PATIENCE) is None:
            raise SystemExit(f"No line of the log was painted: {program.output[-400:]!r}")
        figures = {"open, lines painted": Figure(time.perf_counter() - program.began, "s", program.cpu())}
        program.calm(3.0, 60.0)
        figures["settled"] = Figure(time.perf_counter() - program.began - 3.0, "s", program.cpu())
        for name, keys, sign in (("jump to the start", to_start, first), ("jump to the end", to_end, last)):
            program.output = b""
            before = program.cpu()
            program.press(keys)
            spent = program.wait_for(lambda sign=sign: sign in program.output, _PATIENCE)  # type: ignore[misc]
            if spent is not None:
                figures[name] = Figure(spent, "s", program.cpu() - before)
        figures["memory"] = Figure(program.memory_mb(), "MB")
    return figures


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
        folder = Path(scratch)
        keep("sovl", lambda: _sovl(folder / "sovl", args.seconds))
        for peer in PEERS:
            programs = args.peers.absolute() / peer.name / "bin"
            if programs.exists():
                keep(peer.name, lambda peer=peer, programs=programs: _chat(peer, folder, programs, args.seconds))  # type: ignore[misc]
        toolong = args.peers.absolute() / "toolong" / "bin" / "tl"
        if toolong.exists() and (not wanted or "toolong" in wanted):
            log = folder / "long.log"
            _write_log(log, args.lines)
            first, last = b"row-0000000-x", f"row-{args.lines - 1:07}-x".encode()
            start = lambda: Program([str(toolong), str(log)], os.environ)  # noqa: E731
            keep("toolong", lambda: _log(start, first, last, b"\x1b[F", b"\x1b[H"))
    if args.json:
        data: dict[str, Any] = {
            name: {what: asdict(one) for what, one in some.items()} for name, some in result.items()
        }
        args.json.write_text(json.dumps({"machine": describe_machine(), "figures": data}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
