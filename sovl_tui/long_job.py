"""A job that takes minutes, as far as it can be seen: a night, a dream, a training, anything that tells its progress.

Plain data: the events of the engine go in, and what is to be shown of them can be read at any moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.api import Dreamt, Event, MemoryAudited, Progress, Replayed, SleepPhase, TrainingStep, Woke
from sovl_tui.loss_curve import LossCurve

PHASES = ("falling asleep", "dreaming", "training", "auditing", "waking")
"""The phases of a night, in order."""
NIGHTLY = ("sleep", "dream")
"""Commands whose lines of output belong to the picture of the night, not below it."""
VERDICT_SIGNS = {"learned": "✓", "weak": "~", "refused": "✗", "forgotten": "∅"}

_FRAME = re.compile(r"-{3} .+ -{3}")


@dataclass(slots=True)
class LongJob:
    """What is known of one long job."""

    name: str
    """The command that it is the work of."""
    unasked: bool = False
    """Whether the engine began it of its own accord."""
    phase: str = ""
    note: str = ""
    been: list[str] = field(default_factory=list)
    """The phases it went through, the present one last."""
    label: str = ""
    done: float = 0.0
    total: float = 0.0
    seconds_left: float | None = None
    steps: int = 0
    """Optimiser steps so far."""
    drift: float | None = None
    loss: LossCurve = field(default_factory=LossCurve)
    drifts: LossCurve = field(default_factory=LossCurve)
    replays: list[Replayed] = field(default_factory=list)
    """Memories that were dreamt of."""
    dreams: list[Dreamt] = field(default_factory=list)
    verdicts: list[MemoryAudited] = field(default_factory=list)
    woke: Woke | None = None
    said: list[str] = field(default_factory=list)
    """Lines of output."""

    @property
    def is_night(self) -> bool:
        """Whether it shows as sleep, with phases."""
        return self.name == "sleep"

    @property
    def nightly(self) -> bool:
        """Whether its output is shown as a part of it."""
        return self.name in NIGHTLY

    @property
    def share(self) -> float | None:
        """How far it is in [0, 1]; None when that is unknown."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else None

    @property
    def kept(self) -> int:
        """How many dreamt questions were kept."""
        return sum(dream.kept for dream in self.dreams)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of it to be seen."""
        return not (self.been or self._own_words() or self.dreams or self.verdicts or self.loss.last is not None)

    def take(self, event: Event) -> bool:
        """Take in an event of this job; False when it says nothing about it."""
        match event:
            case SleepPhase(phase=phase, note=note):
                self.phase, self.note = phase, note
                self.been.append(phase)
                self._forget_progress()
            case Progress(label=label, done=done, total=total, seconds_left=left):
                self.label, self.done, self.total, self.seconds_left = label, done, total, left
            case TrainingStep(step=step, steps=steps, loss=loss, drift=drift, seconds_left=left):
                self.loss.add(step, steps, loss)
                self.drifts.add(step, steps, drift)
                self.done, self.total, self.seconds_left = step, steps, left
                self.steps, self.drift = step, drift
            case Replayed():
                self.replays.append(event)
            case Dreamt():
                self.dreams.append(event)
                self._forget_progress()
            case MemoryAudited():
                self.verdicts.append(event)
                self._forget_progress()
            case Woke():
                self.woke = event
            case _:
                return False
        return True

    def _forget_progress(self) -> None:
        self.label, self.done, self.total, self.seconds_left = "", 0.0, 0.0, None

    def say(self, text: str) -> None:
        """Take in lines of output."""
        self.said.extend(text.split("\n"))

    @property
    def headline(self) -> str:
        """The one line on what came of it; empty while there is none."""
        if self.woke is not None:
            return self.woke.message
        return next(iter(self._own_words()), "")

    @property
    def remarks(self) -> list[str]:
        """Lines of output that say what no event said."""
        verdicts = {f"{one.verdict}: {one.memory}" for one in self.verdicts}
        rest = self._own_words()
        if self.headline in rest:
            rest.remove(self.headline)
        return [line for line in rest if line.strip() not in verdicts]

    def _own_words(self) -> list[str]:
        return [line for line in self.said if line.strip() and not _FRAME.fullmatch(line.strip())]

    def as_text(self) -> str:
        """All of it as plain text, for the clipboard."""
        lines = [self.headline] if self.headline else []
        lines += [f"{VERDICT_SIGNS.get(one.verdict, '·')} {one.memory}" for one in self.verdicts]
        lines += [
            f"{'✓' if one.kept else '✗'} {one.question} → {one.answer if one.kept else one.why}" for one in self.dreams
        ]
        return "\n".join([*lines, *(line.strip() for line in self.remarks)])
