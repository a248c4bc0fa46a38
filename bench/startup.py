"""How long it takes until there is something to see, something to talk to, and something said.

``python -m bench.startup [--rounds 5] [--cold] [--json FILE]`` starts the real program again and again: ``--version``;
the app in a pseudo-terminal, up to its first painted frame and up to *awake*; ``sovl exec`` with one question, up to
the first token. ``--cold`` gives every round an empty cache, so that the weights are converted anew. Medians are
printed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import pexpect
import pyte

from bench.machine import describe_machine

_SOVL = [sys.executable, "-m", "sovl_tui"]
_PATIENCE = 180.0
_QUESTION = "What is the capital of France?"


def version_seconds() -> float:
    """Wall time of ``sovl --version``."""
    began = time.perf_counter()
    subprocess.run([*_SOVL, "--version"], check=True, capture_output=True)
    return time.perf_counter() - began


def app_seconds(environment: dict[str, str]) -> dict[str, float]:
    """From the start of the app to its first painted frame, and to the word *awake* on the screen."""
    screen = pyte.Screen(120, 40)
    stream = pyte.ByteStream(screen)
    began = time.perf_counter()
    child = pexpect.spawn(_SOVL[0], _SOVL[1:], dimensions=(40, 120), env=environment, timeout=_PATIENCE)
    seen: dict[str, float] = {}
    try:
        while "awake" not in seen and time.perf_counter() - began < _PATIENCE:
            try:
                stream.feed(child.read_nonblocking(65536, timeout=0.05))
            except pexpect.TIMEOUT:
                continue
            text = "\n".join(screen.display)
            if "first paint" not in seen and text.strip():
                seen["first paint"] = time.perf_counter() - began
            if "● awake" in text:
                seen["awake"] = time.perf_counter() - began
        child.sendcontrol("q")
        child.expect(pexpect.EOF, timeout=30)
    finally:
        child.close(force=True)
    return seen


def answer_seconds(environment: dict[str, str]) -> dict[str, float]:
    """From the start of ``sovl exec`` to the first token of an answer, and to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [*_SOVL, "exec", "--json", _QUESTION], stdout=subprocess.PIPE, text=True, env=environment, bufsize=1
    )
    assert process.stdout is not None
    seen: dict[str, float] = {}
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "text_chunk":
            seen.setdefault("first token", time.perf_counter() - began)
        if event["event"] == "done":
            seen["whole answer"] = time.perf_counter() - began
    process.wait()
    return seen


def measure(rounds: int, cold: bool) -> list[dict[str, float]]:
    """One dict of seconds per round."""
    measured: list[dict[str, float]] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "TERM": "xterm-256color", "SOVL_HOME": str(Path(folder) / "home")}
            figures = {"--version": version_seconds()}
            for what in (app_seconds, answer_seconds):
                if cold:
                    environment["SOVL_CACHE"] = str(Path(folder) / what.__name__)
                figures |= what(environment)
            measured.append(figures)
    return measured


def main() -> int:
    """Measure, print the medians, and write them where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", action="store_true", help="convert the weights anew each time")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rounds = measure(args.rounds, args.cold)
    medians = {name: median(r[name] for r in rounds if name in r) for name in rounds[0]}
    result: dict[str, Any] = {"machine": describe_machine(), "cold": args.cold, "rounds": rounds, "medians": medians}
    print(f"{result['machine']['text']}; {args.rounds} rounds, {'cold' if args.cold else 'warm'} cache")
    for name, seconds in medians.items():
        print(f"  {name:14} {seconds:7.2f} s")
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
