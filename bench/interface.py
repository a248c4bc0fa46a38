"""How quick the screens are: ``python -m bench.interface [--only PART] [--json FILE]``.

- ``outside``: the real program in a terminal of its own: first paint, keys, idle cost, memory.
- ``live``: keys, Esc and stalls while the real engine speaks and trains.
- ``chat``: streaming, memory and focus with up to 10,000 messages before.
- ``journal``: a journal of ``--entries`` entries, made anew or kept in ``--keep FILE``: open, jump, filter.

All at 120x40. Wall time is what a person sees; the processor time beside it tells more where others use the machine,
too. ``python -m bench.interface_peers`` puts other programs beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.interface_chat import GOALS as CHAT_GOALS
from bench.interface_chat import measure_chat
from bench.interface_figures import Figure, goal_text
from bench.interface_journal import GOALS as JOURNAL_GOALS
from bench.interface_journal import measure_journal
from bench.interface_live import GOALS as LIVE_GOALS
from bench.interface_live import measure_live
from bench.interface_outside import GOALS as OUTSIDE_GOALS
from bench.interface_outside import measure_outside
from bench.machine import describe_machine

Measure = Callable[[argparse.Namespace, Path], Coroutine[Any, Any, dict[str, Figure]]]
"""Figures of one part, given a folder of its own."""

PARTS: dict[str, tuple[Measure, dict[str, float]]] = {
    "outside": (measure_outside, OUTSIDE_GOALS),
    "live": (measure_live, LIVE_GOALS),
    "chat": (measure_chat, CHAT_GOALS),
    "journal": (measure_journal, JOURNAL_GOALS),
}
"""Every part, and what its figures should not be above."""


def main() -> int:
    """Measure, print beside the goals, and write where asked to. Returns 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--entries", type=int, default=1_000_000, help="length of the journal")
    parser.add_argument("--keep", type=Path, help="a journal to keep between runs")
    parser.add_argument("--keys", type=int, default=200, help="keys to press in each state")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long to stream, and to do nothing")
    parser.add_argument("--rounds", type=int, default=5, help="starts of the program")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    machine = describe_machine()
    result: dict[str, Any] = {"machine": machine, "load before": os.getloadavg(), "parts": {}}
    print(f"{machine['text']}, textual {machine['textual']}; load {os.getloadavg()[0]:.1f}")
    missed = 0
    for name in [args.only] if args.only else PARTS:
        measure, goals = PARTS[name]
        with tempfile.TemporaryDirectory() as folder:
            figures = asyncio.run(measure(args, Path(folder)))
        result["parts"][name] = {"figures": {what: asdict(one) for what, one in figures.items()}, "goals": goals}
        for what, figure in figures.items():
            goal = goals.get(what)
            missed += goal is not None and figure.value > goal
            print(f"  {name} {what:36} {figure}{_verdict(figure, goal)}", flush=True)
    result["load after"] = os.getloadavg()
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))
    return 1 if missed else 0


def _verdict(figure: Figure, goal: float | None) -> str:
    if goal is None:
        return ""
    return f"   goal {goal_text(goal, figure.unit)}{'' if figure.value <= goal else '  MISSED'}"


if __name__ == "__main__":
    sys.exit(main())
