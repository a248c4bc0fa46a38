"""What has been said so far, as plain data: the events of the engine go in, entries in reading order come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from engine.api import (
    AnswerStats,
    Done,
    Dreamt,
    EngineFailed,
    Event,
    MemoryAudited,
    Notice,
    Outcome,
    Output,
    Passage,
    Progress,
    Replayed,
    SleepPhase,
    Started,
    TextChunk,
    TrainingStep,
    Woke,
)
from sovl_tui.long_job import NIGHTLY, LongJob
from sovl_tui.markdown_blocks import MarkdownBlocks


class Kind(StrEnum):
    """Who or what an entry comes from."""

    USER = "user"
    ANSWER = "answer"
    PASSAGE = "passage"
    OUTPUT = "output"
    NOTICE = "notice"
    JOB = "job"


class Phase(StrEnum):
    """How far an entry is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    REFUSED = "refused"
    FAILED = "failed"


_PHASES = {
    Outcome.OK: Phase.DONE,
    Outcome.STOPPED: Phase.STOPPED,
    Outcome.REFUSED: Phase.REFUSED,
    Outcome.FAILED: Phase.FAILED,
}


@dataclass(slots=True, eq=False)
class Entry:
    """One item of the transcript. ``revision`` rises with each change, so a drawing can tell that it is old."""

    kind: Kind
    line_id: int
    """Id of the submitted line it belongs to; 0 for none."""
    text: str = ""
    """The source, exactly as it came."""
    phase: Phase = Phase.DONE
    level: str = "info"
    """Of a notice: ``info``, ``warning`` or ``error``."""
    stats: AnswerStats | None = None
    blocks: MarkdownBlocks | None = None
    """Of an answer while it grows. A finished one is only its text: thousands of them must not hold up the search for
    garbage."""
    job: LongJob | None = None
    passage: Passage | None = None
    """What kind of passage it is; its text as far as it came is ``text``."""
    unfolded: bool = False
    """Whether the user asked to see all of a very long entry."""
    revision: int = 0

    def touch(self) -> None:
        """Say that it changed."""
        self.revision += 1


@dataclass(slots=True)
class Conversation:
    """All entries in reading order. Answers stand behind their question even when later lines already wait."""

    entries: list[Entry] = field(default_factory=list)
    running: list[tuple[int, str]] = field(default_factory=list)
    """Id and command (``chat`` for none) of what runs; what came in between of a long job stands behind it."""
    _moved_from: int = 0

    def take_moved(self) -> int:
        """The place from which entries came, went or moved since the last call; the number of entries for none."""
        moved, self._moved_from = min(self._moved_from, len(self.entries)), len(self.entries)
        return moved

    def submitted(self, line_id: int, line: str) -> Entry:
        """Note that the user sent ``line``; it waits until the engine starts on it."""
        entry = Entry(Kind.USER, line_id, line, Phase.WAITING)
        return self._insert(len(self.entries), entry)

    def apply(self, event: Event) -> bool:
        """Take in one event; True when an entry was added or changed."""
        match event:
            case Started():
                self.running.append((event.id, event.name))
                self._set_question(event.id, Phase.RUNNING)
                if event.name in NIGHTLY:
                    self._job(event.id)
            case Passage():
                self._settle_last(event.id)
                entry = Entry(Kind.PASSAGE, event.id, event.text, Phase.RUNNING, passage=event)
                self._place(entry)
            case TextChunk():
                answer = self._growing(event.id, self._spoken_kind(event.id))
                answer.text += event.text
                if answer.blocks is not None:
                    answer.blocks.append(event.text)
            case SleepPhase() | Progress() | TrainingStep() | Replayed() | Dreamt() | MemoryAudited() | Woke() if (
                self._runs(event.id)
            ):
                entry = self._job(event.id)
                entry.touch()
                return entry.job is not None and entry.job.take(event)
            case Output() if (night := self._nightly(event.id)) is not None and night.job is not None:
                night.job.say(event.text)
                night.touch()
            case Output():
                output = self._growing(event.id, Kind.OUTPUT)
                output.text = f"{output.text}\n{event.text}" if output.text else event.text
            case Done():
                self._finish(event)
            case Notice():
                self.notice(event.level, event.text)
            case EngineFailed():
                self.running.clear()
                return False
            case _:
                return False
        return True

    def begin_with(self, earlier: Sequence[Entry]) -> None:
        """Put what was said before the app was started above everything else."""
        self.entries[:0] = earlier
        self._moved_from = 0

    def notice(self, level: str, text: str) -> Entry:
        """Add a remark, above the lines that still wait."""
        entry = Entry(Kind.NOTICE, 0, text, level=level)
        return self._insert(self._before_waiting(), entry)

    def clear(self) -> None:
        """Forget what is finished; lines that wait or run stay."""
        live = {entry.line_id for entry in self.entries if entry.phase in (Phase.WAITING, Phase.RUNNING)}
        self._moved_from = 0
        self.entries[:] = [entry for entry in self.entries if entry.line_id in live]

    def last(self, *kinds: Kind) -> Entry | None:
        """The newest entry of one of ``kinds``."""
        return next((entry for entry in reversed(self.entries) if entry.kind in kinds), None)

    def _last_of(self, line_id: int) -> int | None:
        """Where the last words of this line stand; the picture of its work stays below them."""
        for index in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[index]
            if entry.line_id == line_id and (entry.job is None or entry.job.nightly):
                return index
        return None

    def _runs(self, line_id: int) -> bool:
        return any(id == line_id for id, _ in self.running)

    def _job(self, line_id: int) -> Entry:
        """The entry of a long job; made when there is none."""
        of_line = [entry for entry in self.entries if entry.line_id == line_id]
        for entry in of_line:
            if entry.job is not None:
                return entry
        name = next((name for id, name in self.running if id == line_id), "")
        unasked = not any(entry.kind is Kind.USER for entry in of_line)
        return self._place(Entry(Kind.JOB, line_id, phase=Phase.RUNNING, job=LongJob(name, unasked)))

    def _nightly(self, line_id: int) -> Entry | None:
        """The entry of this line if its work is a night or a dream."""
        return next(
            (one for one in reversed(self.entries) if one.line_id == line_id and one.job and one.job.nightly), None
        )

    def _remove(self, entry: Entry) -> None:
        index = self.entries.index(entry)
        del self.entries[index]
        self._moved_from = min(self._moved_from, index)

    def _before_waiting(self) -> int:
        index = len(self.entries)
        while index and self.entries[index - 1].phase is Phase.WAITING:
            index -= 1
        return index

    def _place(self, entry: Entry) -> Entry:
        index = self._last_of(entry.line_id) if entry.line_id else None
        return self._insert(self._before_waiting() if index is None else index + 1, entry)

    def _insert(self, index: int, entry: Entry) -> Entry:
        self.entries.insert(index, entry)
        self._moved_from = min(self._moved_from, index)
        return entry

    def _spoken_kind(self, line_id: int) -> Kind:
        """Whether streamed text of this line goes on with a passage or is an answer."""
        index = self._last_of(line_id)
        entry = self.entries[index] if index is not None else None
        inside = entry is not None and entry.kind is Kind.PASSAGE and entry.phase is Phase.RUNNING
        return Kind.PASSAGE if inside else Kind.ANSWER

    def _settle_last(self, line_id: int) -> None:
        """No more text comes to what this line said last."""
        index = self._last_of(line_id)
        entry = self.entries[index] if index is not None else None
        if entry is not None and entry.kind is not Kind.USER and entry.phase is Phase.RUNNING:
            self._settle(entry, Phase.DONE)

    def _growing(self, line_id: int, kind: Kind) -> Entry:
        """The entry of ``kind`` that new text of this line belongs to."""
        index = self._last_of(line_id)
        if index is not None:
            entry = self.entries[index]
            if entry.kind is kind and entry.phase is Phase.RUNNING:
                entry.touch()
                return entry
            if entry.kind is Kind.USER and entry.phase is Phase.WAITING:
                self._set_question(line_id, Phase.RUNNING)
            elif entry.kind is not Kind.USER and entry.phase is Phase.RUNNING:
                self._settle(entry, Phase.DONE)
        blocks = MarkdownBlocks() if kind is Kind.ANSWER else None
        return self._place(Entry(kind, line_id, phase=Phase.RUNNING, blocks=blocks))

    def _set_question(self, line_id: int, phase: Phase) -> None:
        for entry in reversed(self.entries):
            if entry.line_id == line_id and entry.kind is Kind.USER:
                entry.phase = phase
                entry.touch()
                return

    def _settle(self, entry: Entry, phase: Phase) -> None:
        entry.phase = phase
        entry.blocks = None
        entry.touch()

    def _finish(self, done: Done) -> None:
        phase = _PHASES[done.outcome]
        self.running[:] = [(id, name) for id, name in self.running if id != done.id]
        self._set_question(done.id, phase)
        self._finish_job(done.id, phase)
        index = self._last_of(done.id)
        entry = self.entries[index] if index is not None else None
        said = [one for one in self.entries if one.line_id == done.id and one.kind in (Kind.ANSWER, Kind.PASSAGE)]
        if done.text and not said:
            entry = self._growing(done.id, Kind.ANSWER)
            entry.text = done.text
        if entry is not None and entry.kind not in (Kind.USER, Kind.JOB):
            (said[-1] if said and said[-1].passage is not None else entry).stats = done.stats
            self._settle(entry, Phase.STOPPED if phase is Phase.STOPPED else Phase.DONE)
        if done.outcome in (Outcome.REFUSED, Outcome.FAILED):
            level = "warning" if done.outcome is Outcome.REFUSED else "error"
            self._place(Entry(Kind.NOTICE, done.id, done.message, phase, level))
        elif done.outcome is Outcome.STOPPED and (entry is None or entry.kind is Kind.USER):
            self._place(Entry(Kind.NOTICE, done.id, done.message or "Stopped before the first word.", phase))

    def _finish_job(self, line_id: int, phase: Phase) -> None:
        """Settle the picture of a long job, or take it away when it has nothing to show."""
        for entry in [one for one in self.entries if one.line_id == line_id and one.job is not None]:
            assert entry.job is not None
            self._settle(entry, phase)
            if entry.job.is_empty:
                self._remove(entry)
