"""What the benches of the interface measure in: figures with a unit, the clock of the screen's own thread, stalls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_PATIENCE = 120.0
_LOOK = 0.001
"""Seconds between two looks whether it is there."""
_PULSE = 0.005
"""Seconds that the watch over the event loop sleeps between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    Attributes:
        value: In ``unit``: ``s`` (shown in milliseconds), ``share`` of one core (shown in percent), or ``MB``.
        cpu: For seconds, how many of them the processor worked on it: on a machine that others use, too, that tells
            more.
    """

    value: float
    unit: str = "s"
    cpu: float | None = None

    def __str__(self) -> str:
        match self.unit:
            case "s":
                worked = "" if self.cpu is None else f", processor {self.cpu * 1000:8.1f} ms"
                return f"{self.value * 1000:9.1f} ms{worked}"
            case "share":
                return f"{self.value * 100:9.2f} % of a core"
            case _:
                return f"{self.value:9.1f} {self.unit}"


def goal_text(goal: float, unit: str) -> str:
    """A goal as people read it."""
    return {"s": f"{goal * 1000:.0f} ms", "share": f"{goal * 100:g} %"}.get(unit, f"{goal:g} {unit}")


def now() -> tuple[float, float]:
    """The clock, and the processor time of this thread; the model computes on another one."""
    return time.perf_counter(), time.thread_time()


async def until(began: tuple[float, float], holds: Callable[[], bool]) -> Figure:
    """What has passed since ``began`` (see :func:`now`) once ``holds`` does."""
    while not holds():
        if time.perf_counter() - began[0] > _PATIENCE:
            raise SystemExit(f"What was waited for did not come within {_PATIENCE:.0f} seconds.")
        await asyncio.sleep(_LOOK)
    wall, cpu = now()
    return Figure(wall - began[0], "s", cpu - began[1])


def at(figures: Sequence[Figure], share: float) -> Figure:
    """The figure that ``share`` of all are not above; wall and processor time each by themselves."""
    place = min(len(figures) - 1, int(share * len(figures)))
    walls = sorted(one.value for one in figures)
    cpus = sorted(one.cpu or 0.0 for one in figures)
    return Figure(walls[place], "s", cpus[place])


@dataclass
class Stalls:
    """How much later than asked for the event loop came back, each time."""

    late: list[float] = field(default_factory=list)

    @property
    def longest(self) -> Figure:
        """The longest time in which it did nothing else."""
        return Figure(max(self.late, default=0.0))


@asynccontextmanager
async def watching() -> AsyncIterator[Stalls]:
    """Watch the running event loop inside the block."""
    stalls = Stalls()

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_PULSE)
            stalls.late.append(time.perf_counter() - before - _PULSE)

    task = asyncio.create_task(watch())
    try:
        yield stalls
    finally:
        task.cancel()


def resident_mb() -> float:
    """Memory of this process that is in use now, in MB. Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6
