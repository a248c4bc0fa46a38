"""The real program in a terminal of its own: first paint, keys from byte in to byte out, idle cost, memory."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path
from statistics import median

from bench.interface_figures import Figure
from bench.pty_program import Program

GOALS = {"first paint": 0.9, "idle, awake": 0.005, "key at rest, byte to byte p95": 0.033}
_AWAKE = "● awake"
_INPUT = "for commands"
_PATIENCE = 300.0
LETTERS = "бгджзилпфцчшщэюя"
"""Nothing else on a screen is likely to hold one of them."""


async def measure_outside(args: argparse.Namespace, folder: Path) -> dict[str, Figure]:
    """Each figure in :data:`GOALS`, and some beside them."""
    return await asyncio.to_thread(_measure, args, folder)


def _measure(args: argparse.Namespace, folder: Path) -> dict[str, Figure]:
    paints = [_first_paint(folder / str(number)) for number in range(args.rounds)]
    figures = {"first paint": Figure(median(one.value for one in paints), "s", median(one.cpu or 0 for one in paints))}
    with _sovl(folder / "idle") as program:
        if program.wait_for(lambda: program.shows(_AWAKE), _PATIENCE) is None:
            raise SystemExit(f"It was not awake within {_PATIENCE:.0f} seconds:\n{program.screen}")
        program.calm(2.0, 30.0)
        keys = type_letters(program, LETTERS)
        figures |= {f"key at rest, byte to byte {name}": Figure(value) for name, value in keys.items()}
        program.calm(2.0, 30.0)
        figures["idle, awake"] = idle_share(program, args.seconds)
        figures["memory, awake, with the model"] = Figure(program.memory_mb(), "MB")
    return figures


def _sovl(home: Path) -> Program:
    return Program([sys.executable, "-m", "sovl_tui", "--home", str(home)], os.environ)


def _first_paint(home: Path) -> Figure:
    """From the start of the process until the prompt can be seen, and the processor time up to there."""
    with _sovl(home) as program:
        if program.wait_for(lambda: program.shows(_INPUT), _PATIENCE) is None:
            raise SystemExit("Nothing was painted.")
        return Figure(time.perf_counter() - program.began, "s", program.cpu())


def type_letters(program: Program, letters: str) -> dict[str, float]:
    """Type ``letters`` one by one, and take each back; seconds until each is seen: median, p95 and longest."""
    spent: list[float] = []
    for letter in letters:
        seconds = program.echo(letter)
        if seconds is None:
            raise SystemExit(f"The letter {letter} was typed and did not show.")
        spent.append(seconds)
        program.press(b"\x7f")
        program.calm(0.15, 2.0)
    spent.sort()
    return {"p50": median(spent), "p95": spent[min(len(spent) - 1, int(0.95 * len(spent)))], "longest": spent[-1]}


def idle_share(program: Program, seconds: float) -> Figure:
    """Which share of a core it takes while nobody does anything."""
    began, before = time.perf_counter(), program.cpu()
    while (passed := time.perf_counter() - began) < seconds:
        program.read(0.5)
    return Figure((program.cpu() - before) / passed, "share")
