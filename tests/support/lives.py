"""Lifeforms for tests: awake on a tiny random model, and with words put into their mouths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from driving import tiny_config

from engine.api import AnswerStats, Event, Output, Passage, Progress, TextChunk
from engine.home import Home
from engine.lifeform import Lifeform
from engine.voice import Answer

if TYPE_CHECKING:
    from engine.composition.composition import Composition


@contextmanager
def awake(home: Path, folder: Path, **settings: Any) -> Iterator[Lifeform]:
    """A lifeform in ``home``, awake on the tiny model in ``folder``."""
    with Home(home) as opened:
        life = Lifeform(opened, tiny_config(folder, **settings))
        life.awaken(lambda *_: None)
        try:
            yield life
        finally:
            life.close()


@contextmanager
def awake_on(composition: Composition, home: Path, folder: Path, **settings: Any) -> Iterator[Lifeform]:
    """As :func:`awake`, with models that are loaded already; a token memory and a chance of its own."""
    import torch

    from engine.composition.token_map import TokenMemory

    with Home(home) as opened:
        life = Lifeform(opened, tiny_config(folder, **settings))
        composition.memory = TokenMemory()
        composition.forget_reading()
        life.composition, life.chance = composition, torch.Generator().manual_seed(42)
        try:
            yield life
        finally:
            life.close()


@dataclass
class Ear:
    """Listens to one job; stops it after ``patience`` pieces of text, or at once."""

    patience: int | None = None
    id: int = 7
    events: list[Event] = field(default_factory=list)
    asked: int = 0

    def emit(self, event: Event) -> None:
        self.events.append(event)

    def cancelled(self) -> bool:
        self.asked += 1
        return self.patience is not None and self.asked > self.patience

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def roles(self) -> list[str]:
        return [event.role for event in self.of(Passage)]

    @property
    def text(self) -> str:
        """All that plain text would show, remarks left out."""
        shown = ""
        for event in self.events:
            match event:
                case Passage(label=label, text=text):
                    shown += f"\n{label}{text}"
                case TextChunk(text=text):
                    shown += text
                case Output(text=text):
                    shown += f"\n{text}"
                case Progress():
                    pass
        return shown.strip()


def mouth(monkeypatch: pytest.MonkeyPatch, texts: Iterable[str], confidence: float = 0.6) -> list[str]:
    """Let every generation say the next of ``texts``, word by word; the last one again and again.

    Returns the prompts as they are asked, growing.
    """
    from engine.composition.decoder import Spoken

    asked: list[str] = []
    waiting = list(texts)

    def speak(life: Lifeform, listener: Any, prompt: Any, **given: Any) -> tuple[Spoken, Answer]:
        asked.append(prompt.text)
        text = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        pieces = [piece for piece in _pieces(text) if piece]
        spoken = Spoken(stop_reason="end")
        for piece in pieces:
            if listener.cancelled():
                spoken.stop_reason = "stopped"
                break
            spoken.text += piece
            spoken.ids.append(0)
            spoken.confidences.append(confidence)
            listener.emit(TextChunk(listener.id, piece))
        stats = AnswerStats(
            len(spoken.ids), 0.1, 0.1, 10.0, 5, 0, spoken.confidence, life.weight, None, spoken.stop_reason
        )
        return spoken, Answer(spoken.text, stats)

    for module in ("attempts", "generate", "probe"):
        monkeypatch.setattr(f"engine.speech.{module}.speak", speak)
    return asked


def _pieces(text: str) -> Iterator[str]:
    """``text`` in words, each with the blank before it."""
    start = 0
    for at in range(1, len(text)):
        if text[at].isspace():
            yield text[start:at]
            start = at
    yield text[start:]


def marks(life: Lifeform) -> dict[str, Any]:
    """Everything of a life that a command could have changed, for comparing before and after."""
    composed = life.composition
    return {
        "config": life.config.dump(),
        "records": life.journal.count(),
        "entries": [repr(one) for one in life.journal.last_entries(1000)],
        "memories": life.journal.memories.all(),
        "conversation": (life.conversation.id, tuple(life.conversation.turns)),
        "confidence": life.confidence.to_dict(),
        "temperament": life.temperament.to_dict(),
        "lifecycle": life.lifecycle.to_dict(),
        "pinned": life.pinned_weight,
        "dreams": [(one.memory_id, one.weight, one.vector) for one in life.dreams.dreams],
        "curiosity": (life.curiosity.asked_at, life.curiosity.waiting, life.curiosity.doubts),
        "sleeping": (life.sleeping, life.waking),
        "adapters": {name: float(t.double().sum()) for name, t in composed.scaffold.adapters().items()}
        if composed
        else None,
        "token memory": composed.memory.to_dict() if composed else None,
        "files": sorted(
            (str(path.relative_to(life.home.path)), path.stat().st_size)
            for path in life.home.path.rglob("*")
            if path.is_file() and not path.name.endswith(("-wal", "-shm", ".log"))
        ),
    }


def say(life: Lifeform, prompt: str, response: str = "I see.", **more: Any) -> int:
    """Write down that the user said ``prompt``; returns the number of the record."""
    more.setdefault("confidence_score", 0.5)
    return life.journal.record(conversation_id=life.conversation.id, prompt=prompt, response=response, **more)
