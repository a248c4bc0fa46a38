"""How quick the screens are: ``python -m bench.interface [--only journal] [--json FILE]``.

Every part runs the real app without a terminal, at 120x40, and times from a key press until what it asked for is
painted. ``journal`` goes through a journal of ``--entries`` entries, made anew or kept in ``--keep FILE``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.interface_journal import GOALS as JOURNAL_GOALS
from bench.interface_journal import measure_journal
from bench.machine import describe_machine

Measure = Callable[[argparse.Namespace, Path], Coroutine[Any, Any, dict[str, tuple[float, float]]]]
"""Figures of one part, given a folder of its own: seconds that passed, and of processor time."""

PARTS: dict[str, tuple[Measure, dict[str, float]]] = {"journal": (measure_journal, JOURNAL_GOALS)}
"""Every part, and the seconds that its figures should not be above."""


def main() -> int:
    """Measure, print beside the goals, and write where asked to. Returns 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--entries", type=int, default=1_000_000, help="length of the journal")
    parser.add_argument("--keep", type=Path, help="a journal to keep between runs")
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
        result["parts"][name] = {"figures": figures, "goals": goals}
        for what, (value, cpu) in figures.items():
            goal = goals.get(what)
            missed += goal is not None and value > goal
            verdict = "" if goal is None else f"   goal {goal * 1000:.0f} ms{'' if value <= goal else '  MISSED'}"
            print(f"  {name} {what:36} {value * 1000:9.1f} ms, processor {cpu * 1000:8.1f} ms{verdict}")
    result["load after"] = os.getloadavg()
    if args.json:
        args.json.write_text(json.dumps(result, indent=1))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
