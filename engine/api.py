"""The seam: everything that crosses between the engine thread and whoever drives it.

In go :class:`Submit`, :class:`Stop`, :class:`Restart` and :class:`Shutdown`. Out come :data:`Event` objects, in order,
and one :class:`Snapshot` that is replaced as a whole whenever something in it changed. All of them are frozen
data; nothing here imports torch, and nothing here calls back into a screen.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class EngineState(StrEnum):
    """What the engine thread is doing. ``FAILED`` waits for :class:`Restart`; ``CLOSED`` is final."""

    COLD = "cold"
    IMPORTING = "importing"
    LOADING = "loading"
    AWAKE = "awake"
    SPEAKING = "speaking"
    WORKING = "working"
    DREAMING = "dreaming"
    TRAINING = "training"
    AUDITING = "auditing"
    STOPPING = "stopping"
    FAILED = "failed"
    CLOSED = "closed"

    @property
    def busy(self) -> bool:
        """True while a job runs that :class:`Stop` can end."""
        return self in _BUSY

    @property
    def starting(self) -> bool:
        """True before the engine has ever been able to speak."""
        return self in _STARTING


_BUSY = frozenset(
    {
        EngineState.SPEAKING,
        EngineState.WORKING,
        EngineState.DREAMING,
        EngineState.TRAINING,
        EngineState.AUDITING,
    }
)
_STARTING = frozenset({EngineState.COLD, EngineState.IMPORTING, EngineState.LOADING})


class Outcome(StrEnum):
    """How a submitted line ended."""

    OK = "ok"
    STOPPED = "stopped"
    """The user stopped it; a partial answer is kept."""
    REFUSED = "refused"
    """Bad input: one clear line was given and nothing changed."""
    FAILED = "failed"
    """An error inside the job; the engine goes on."""


# -- into the engine ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submit:
    """One line from the user, chat or command; the registry decides which."""

    id: int
    line: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the job ``id``, or whatever runs now when ``id`` is None. Seen at every token and training step."""

    id: int | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """Load again after ``FAILED``."""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """Finish: stop the running job, save, close. The thread ends after it."""


Command = Submit | Stop | Restart | Shutdown


# -- out of the engine -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerStats:
    """Figures of one finished answer."""

    tokens: int
    """Tokens emitted, the end token not counted."""
    seconds: float
    """From the job's start to its last token."""
    first_token_seconds: float | None
    """From the job's start to the first token; None when there was none."""
    tokens_per_second: float
    """Decoding speed after the first token; 0 when fewer than two tokens came."""
    prompt_tokens: int
    """Tokens of context, the template included."""
    cached_tokens: int
    """How many of them were still in the KV cache."""
    confidence: float | None
    """Mean over emitted tokens of max p(token), raw logits at temperature 1, in [0, 1]; None when not tracked."""
    weight: float
    """Influence weight that acted on this answer, in [0, 1]; 0 when the scaffold kept silent."""
    recognition: float | None
    """The recognition gate's r in [0, 1]; None while the gate is untrained."""
    stop_reason: str
    """``end``, ``length``, ``stopped`` or ``repetition``."""


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The engine went into another state."""

    state: EngineState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """Work on a submitted line begins. ``name`` is ``chat`` or the command's name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TextChunk:
    """More text of a streamed answer; follows what was sent for this id before, without a line break between."""

    id: int
    text: str
    tokens: int = 1
    """How many tokens it took."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a result begins that is of a kind of its own: one side of a debate, what was said then and now.

    What is streamed for this id from here on belongs to it, until the next passage or output.
    """

    id: int
    role: str
    """``question``, ``answer``, ``theme``, ``thought``, ``inspiration``, ``outburst``, ``echo``, ``for``, ``against``,
    ``noise``, ``heard``, ``then``, ``now`` or ``mimicry``."""
    label: str = ""
    """What plain text shows before it."""
    text: str = ""
    """What is known of it already; streamed text follows without a line break between."""
    closing: str = ""
    """What plain text shows behind it."""
    note: str = ""
    """A remark on it: its evidence, its figures."""


@dataclass(frozen=True, slots=True)
class Output:
    """Whole lines of a command's output, in the form of the specification, without the last line break."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long job is. ``total`` 0 means unknown; ``id`` 0 is the engine's own start-up."""

    id: int
    label: str
    done: float
    total: float
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class SleepPhase:
    """A sleep goes into its next phase: ``falling asleep``, ``dreaming``, ``training``, ``auditing`` or ``waking``."""

    id: int
    phase: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Replayed:
    """A memory is dreamt of; what it is asked about comes as :class:`Dreamt`."""

    id: int
    memory_id: int
    memory: str
    similarity: float
    """To what was said last: a cosine in [−1, 1]."""
    novelty: float
    """1 − the highest cosine to an earlier dream, in [0, 1]."""
    noise: float
    """Standard deviation of the disturbance, as a share of the memory's own size."""


@dataclass(frozen=True, slots=True)
class Dreamt:
    """One question that a dream made of a memory, and what became of it."""

    id: int
    memory: str
    question: str
    answer: str
    kept: bool
    why: str = ""
    """Why it was not kept."""
    memory_id: int = 0


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One optimiser step."""

    id: int
    step: int
    steps: int
    loss: float
    """Cross-entropy on what is to be learned, nats per token."""
    drift: float
    """KL divergence from the base on what is to stay, nats per token."""
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class MemoryAudited:
    """The verdict on one memory: ``learned``, ``weak``, ``refused`` or ``forgotten``."""

    id: int
    memory_id: int
    memory: str
    verdict: str
    before: float
    """Share of its questions that were answered right before this sleep, in [0, 1]."""
    after: float


@dataclass(frozen=True, slots=True)
class MemoryAsked:
    """A question about one memory was answered outside of any conversation, and the answer judged."""

    id: int
    memory_id: int
    question: str
    answer: str
    right: bool
    """Whether it says what it should; of what was forgotten or corrected, whether it no longer does."""


@dataclass(frozen=True, slots=True)
class Woke:
    """A sleep is over."""

    id: int
    learned: int
    weak: int
    refused: int
    loss_before: float | None
    loss_after: float | None
    message: str
    """One line on what changed."""
    kept: float | None = None
    """Share of the change that was kept; 0 when the weights of before were put back. None when nothing was trained."""


@dataclass(frozen=True, slots=True)
class Done:
    """A submitted line is finished."""

    id: int
    outcome: Outcome
    text: str = ""
    """The answer, where there is one: all the streamed text, nothing else; of several passages the last one's."""
    message: str = ""
    """For ``REFUSED`` and ``FAILED`` the one line that says what is wrong and what would be right."""
    stats: AnswerStats | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know that belongs to no line: ``level`` is ``info``, ``warning`` or ``error``."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """The engine could not start or go on. Its thread lives and waits for :class:`Restart` or :class:`Shutdown`."""

    message: str
    """One line: what is wrong and what would be right."""
    report: str = ""
    """Path of the saved report with the traceback; empty when none could be written."""


@dataclass(frozen=True, slots=True)
class Closed:
    """``quit`` ran (or the engine was shut down): state is saved, the thread is about to end."""


Event = (
    StateChanged
    | Started
    | TextChunk
    | Passage
    | Output
    | Progress
    | SleepPhase
    | Replayed
    | Dreamt
    | TrainingStep
    | MemoryAudited
    | MemoryAsked
    | Woke
    | Done
    | Notice
    | EngineFailed
    | Closed
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole status of the lifeform at one moment. ``version`` rises by one with each replacement."""

    version: int = 0
    state: EngineState = EngineState.COLD
    note: str = ""
    """What it does in words, e.g. ``converting weights``."""
    read_only: bool = False
    conversation_id: str = ""
    queued: int = 0
    """Lines waiting behind the running job."""

    # what computes
    base_model: str = ""
    scaffold_model: str = ""
    form: str = ""
    """``key-value`` or ``bridge``."""
    layer_count: int = 0
    bridged_layers: tuple[int, ...] = ()
    device: str = ""
    precision: str = ""
    weight: float = 0.0
    """Influence weight as the next answer would use it if the gate opens, in [0, 1]."""
    weight_pinned: bool = False
    blend: float = 0.5
    recognition: float | None = None
    """The gate's r for the last prompt, in [0, 1]; None while untrained."""
    speaking_with_scaffold: bool = False
    """Whether the scaffold took part in the last answer."""
    learned: bool = False
    """Whether the adapters were ever trained."""
    context_tokens: int = 0
    context_limit: int = 0
    tokens_per_second: float = 0.0
    """Of the running or the last answer."""

    # mind
    confidence: float | None = None
    """Of the last answer, in [0, 1]; None when not tracked or nothing was said yet."""
    confidence_trace: tuple[float, ...] = ()
    """Oldest first, for plotting; up to 120 values."""
    temperament: float = 0.5
    """T in [0, 1]."""
    temperament_trace: tuple[float, ...] = ()
    mood: str = "calm"
    """``curious``, ``calm``, ``restless`` or ``melancholic``."""
    exposure: float = 0.0
    capacity: float = 0.0
    """In units of exposure."""
    stage: str = "newborn"
    """``newborn``, ``young``, ``mature`` or ``elder``."""
    growth: float = 0.0
    """w_life before the cap, in [0, 1]."""

    # memory and sleep
    scaffold_memory: bool = True
    token_map_memory: bool = True
    interactions: int = 0
    """Interactions in the journal."""
    unslept: int = 0
    """Trainable interactions since the last sleep."""
    sleep_log_min: int = 10
    sleep_confidence: float | None = None
    """Mean confidence since the last sleep; None when there is none."""
    sleep_conf_threshold: float = 0.7
    """In force now, the drop of a restless mood included."""
    gestating: bool = False
    paused: bool = False
    """Whether the running sleep is held until it is told to go on."""
    dreams: tuple[tuple[int, float], ...] = ()
    """Memory and weight in [0, 1] of every dream that has not faded yet, oldest first."""
    last_trained: float | None = None
    """Unix seconds; None for never."""

    @property
    def gestation(self) -> float:
        """How near sleep is, in [0, 1]: the lesser of the two conditions' shares."""
        if self.gestating:
            return 1.0
        by_log = min(1.0, self.unslept / self.sleep_log_min) if self.sleep_log_min else 1.0
        if self.sleep_confidence is None:
            return 0.0 if self.unslept == 0 else by_log * 0.5
        by_confidence = min(1.0, self.sleep_confidence / self.sleep_conf_threshold)
        return min(by_log, by_confidence)


@dataclass(slots=True)
class Outbox:
    """What waits to be seen: queued events and the newest snapshot.

    One thread writes, one reads. ``drain`` hands over all events at once, with neighbouring chunks of one answer
    joined, so what a reader has to draw stays short however fast the model speaks.
    """

    latest: Snapshot = field(default_factory=Snapshot)
    _events: deque[Event] = field(default_factory=deque)

    def put(self, event: Event) -> None:
        """Append ``event``."""
        self._events.append(event)

    def drain(self) -> list[Event]:
        """All events since the last call, oldest first, neighbouring text chunks of one id joined."""
        joined: list[Event] = []
        while self._events:
            event = self._events.popleft()
            last = joined[-1] if joined else None
            if isinstance(event, TextChunk) and isinstance(last, TextChunk) and last.id == event.id:
                joined[-1] = TextChunk(event.id, last.text + event.text, last.tokens + event.tokens)
            else:
                joined.append(event)
        return joined


def as_json(event: Event) -> dict[str, Any]:
    """An event as a JSON-ready object: ``event`` holds its name in snake case, the rest are its fields."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(event).__name__).lower()
    return {"event": name, **asdict(event)}
