"""What the status widgets show: the newest snapshot, the progress of the running job, and words for both."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.api import EngineState, Progress, Snapshot

_WORDS = {
    EngineState.COLD: ("○", "not awake yet"),
    EngineState.IMPORTING: ("◔", "waking up"),
    EngineState.LOADING: ("◑", "waking up"),
    EngineState.AWAKE: ("●", "awake"),
    EngineState.SPEAKING: ("◆", "speaking"),
    EngineState.WORKING: ("◈", "working"),
    EngineState.DREAMING: ("☾", "dreaming"),
    EngineState.TRAINING: ("☾", "learning"),
    EngineState.AUDITING: ("☾", "checking"),
    EngineState.STOPPING: ("◌", "going to rest"),
    EngineState.FAILED: ("✖", "fell over"),
    EngineState.CLOSED: ("○", "closed"),
}
ASLEEP = frozenset({EngineState.DREAMING, EngineState.TRAINING, EngineState.AUDITING})
"""What the engine does with its eyes closed."""
MOOD_SIGNS = {"curious": "✦", "calm": "◡", "restless": "↯", "melancholic": "◠"}


@dataclass(frozen=True, slots=True)
class Vitals:
    """Everything the status shows at one moment."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    progress: Progress | None = None

    @property
    def sign(self) -> str:
        """One character for the engine's state."""
        return _WORDS[self.snapshot.state][0]

    @property
    def doing(self) -> str:
        """The engine's state in words a newcomer understands; of a night its phase."""
        if self.asleep and self.snapshot.note:
            return self.snapshot.note
        return _WORDS[self.snapshot.state][1]

    @property
    def asleep(self) -> bool:
        """Whether a night is all that goes on: nothing is being said at the moment."""
        return self.snapshot.gestating and self.snapshot.state in ASLEEP

    @property
    def note(self) -> str:
        """What it does in detail: the running job's label, else the snapshot's note."""
        if self.progress is not None:
            return self.progress.label
        return "/wake wakes it" if self.asleep else self.snapshot.note

    @property
    def share(self) -> float | None:
        """How far the running job is, in [0, 1]; None when that is unknown."""
        if self.progress is None or self.progress.total <= 0:
            return None
        return min(1.0, max(0.0, self.progress.done / self.progress.total))

    @property
    def time_left(self) -> str:
        """Time left of the running job, e.g. ``1:05 left``; empty when unknown."""
        if self.progress is None or self.progress.seconds_left is None:
            return ""
        return f"{clock(self.progress.seconds_left)} left"


def clock(seconds: float) -> str:
    """Seconds as ``0:42`` or ``1:02:03``."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def short_count(number: float) -> str:
    """A count on few columns: ``950``, ``1.2k``, ``3.4M``."""
    for limit, unit in ((1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            value = number / limit
            return f"{value:.0f}{unit}" if value >= 100 else f"{value:.1f}".rstrip("0").rstrip(".") + unit
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"
