"""What a night goes over: today's facts, a replay of older ones, and what must stay as it was.

Everything comes from the journal. Facts that were told since the last sleep are new; older ones are replayed, the weak
ones more often; facts that were corrected live on only as what is no longer true; forgotten ones are asked about so
that the base's own answer comes back. A night is bounded: what does not fit stays for the next.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from engine.learning.current import Current, current_facts
from engine.learning.facts import Fact, Skipped
from engine.learning.generic_prompts import continued_prose, generic_prompts, prose
from engine.learning.negatives import common_questions, near_misses, positive_texts, strange_scenes, unknowns
from engine.learning.questions import plain_questions, questions
from engine.learning.rows import Row, RowPlan, rows_for
from engine.learning.told import Told
from engine.learning.typing_errors import hurried
from engine.memory.journal import Journal
from engine.memory.memories import Memory, Verdict
from engine.memory.record import Interaction

MOST_NEW = 40
"""New facts in one night; more are left for the next."""
MOST_READ = 20_000
"""Interactions that are looked through, the newest ones."""

_NEW = RowPlan()
_REPLAYED = RowPlan(questions=4, further=2, statements=0, dreams=1, scenes=2, corrected=1)
_WEAK = RowPlan(questions=9, further=3, statements=1, dreams=3, scenes=4, corrected=1)
_PROBES = 3
_OPENINGS = 25
_NEAR_PER_FACT = 2
_SHUT_PER_FACT = 24
_MOST_GUARDED = 400
"""Facts that questions come close to in a night; of more, as many drawn by chance."""
_FEWEST_SHUT = 240
_UNKNOWN = 200
_STRANGE_KEPT = 10
_COMMON_PER_FACT = 6
_STRANGE_SCENES = 6
"""For each fact."""
_SHARE_SAME = 0.08
"""Of what keeps the gate shut, how much asks something else of what was told about: more of it, and the gate no longer
opens at a question that is worded in an unexpected way."""
_GENERIC_KEPT = 32
_GENERIC_SHUT = 200
_CONTROLS = 32
_HURRIED_OPENINGS = 24
"""More of them, put as hurried people type."""
_HURRIED = 0.3
"""Share of the questions that keep the gate shut which are put so: else small letters would tell."""
_PASSAGES_KEPT = 24
_PROSE_SHUT = 64


@dataclass(frozen=True, slots=True)
class Lesson:
    """One memory, as a night takes it.

    Attributes:
        memory_id: Its number.
        text: The statement.
        value: What a question about it asks for.
        answer: What is to be said.
        rows: What is trained on.
        probes: Questions for the audit; all but the first are not trained on.
        old: Whether it was trained in an earlier night.
        openings: More such questions: at these the gate learns to open.
        weight: How much its rows count.
        questions: What earlier dreams made of it.
    """

    memory_id: int
    text: str
    value: str
    answer: str
    rows: tuple[Row, ...]
    probes: tuple[str, ...]
    old: bool
    openings: tuple[str, ...] = ()
    weight: float = 1.0
    questions: tuple[str, ...] = ()

    def asked(self, text: str) -> Row:
        """A row that asks ``text``."""
        return Row(text, self.answer, "dream", "", "dream", self.value)


@dataclass(slots=True)
class Curriculum:
    """What a night goes over.

    Attributes:
        lessons: New memories first, then old ones.
        near: Prompts close to what was told; the base's own answers to them are kept.
        rehearsal: Prompts of all kinds; likewise.
        passages: Beginnings of texts, and how each goes on: what the base expects there is kept.
        shut: Prompts at which the gate is to stay shut.
        controls: Prompts like those, which are not trained on, for the audit.
        slept: Ids of the interactions that this night deals with.
        left: How many facts are left for the next night.
        skipped: What was said and is not learned, and why.
        unlearned: Memories that were forgotten and have been trained before.
    """

    lessons: list[Lesson] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    rehearsal: list[str] = field(default_factory=list)
    passages: list[tuple[str, str]] = field(default_factory=list)
    shut: list[str] = field(default_factory=list)
    controls: list[str] = field(default_factory=list)
    slept: list[int] = field(default_factory=list)
    left: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    unlearned: list[int] = field(default_factory=list)

    @property
    def trainable(self) -> bool:
        """Whether there is anything to train: something new, weak, corrected or forgotten."""
        return bool(self.unlearned) or any(not lesson.old or lesson.weight > 1.0 for lesson in self.lessons)


def plan_night(journal: Journal, chance: random.Random) -> Curriculum:
    """Read the journal, bring the memories up to date, and plan a night.

    Changes the table of memories, in one transaction: new facts are added, corrected ones marked.
    """
    night = Curriculum()
    told, sources, since = _told(journal, night)
    standing = current_facts(told)
    held = _remembered(journal, standing.current, standing.superseded, sources)
    lessons: list[tuple[Current, Memory]] = []
    late: set[int] = set()
    for one in standing.current:
        memory = held[one.fact.id]
        if memory.verdict is Verdict.FORGOTTEN:
            continue
        fresh = not memory.sleeps
        if fresh and sum(not m.sleeps for _, m in lessons) >= MOST_NEW:
            night.left += 1
            late.add(sources[one.fact.id])
            continue
        lessons.append((one, memory))
    night.slept = [one for one in since if one not in late]
    forgotten = [one.fact for one in standing.current if held[one.fact.id].verdict is Verdict.FORGOTTEN]
    night.unlearned = [held[fact.id].id for fact in forgotten if held[fact.id].sleeps]
    facts = [one.fact for one, _ in lessons]
    lessons.sort(key=lambda pair: (bool(pair[1].sleeps), pair[1].strength))
    night.lessons = [_lesson(one, memory, facts, chance) for one, memory in lessons]
    _guards(night, facts, [fact for fact in forgotten if held[fact.id].sleeps], chance)
    return night


def _told(journal: Journal, night: Curriculum) -> tuple[list[Fact], dict[str, int], list[int]]:
    """All facts ever told, oldest first; where each was last said; and the interactions since the last sleep."""
    told = Told()
    sources: dict[str, int] = {}
    since: list[int] = []
    for interaction in _heard(journal):
        reading = told.hear(interaction.prompt, interaction.conversation_id)
        sources |= {fact.id: interaction.id for fact in reading.facts}
        if interaction.slept_at is None:
            since.append(interaction.id)
            night.skipped += reading.skipped
    return told.facts, sources, since


def _heard(journal: Journal) -> Sequence[Interaction]:
    said = [one for one in journal.last(MOST_READ) if one.trainable and not one.is_system_question]
    return sorted(said, key=lambda one: one.id)


def _remembered(
    journal: Journal, current: Sequence[Current], superseded: Sequence[Fact], sources: dict[str, int]
) -> dict[str, Memory]:
    with journal.transaction():
        held = {one.fact.id: journal.memories.keep(one.fact.id, sources[one.fact.id], one.fact.text) for one in current}
        journal.memories.supersede([fact.id for fact in superseded if fact.id not in held])
    return held


def _lesson(one: Current, memory: Memory, known: Collection[Fact], chance: random.Random) -> Lesson:
    fact = one.fact
    weak = bool(memory.sleeps) and memory.verdict is not Verdict.LEARNED
    shape = _NEW if not memory.sleeps else _WEAK if weak else _REPLAYED
    rows = rows_for(fact, chance, shape, known, memory.questions, one.replaced)
    trained = {row.prompt.casefold() for row in rows}
    plain = plain_questions(fact, chance)[:1] or [row.prompt for row in rows[:1]]
    others = [
        question.text
        for question in questions(fact, chance, 60, known)
        if question.form in ("plain", "words", "short", "order") and question.text.casefold() not in trained
    ]
    unseen = others[_PROBES - 1 :]
    more = chance.sample(unseen, min(_HURRIED_OPENINGS, len(unseen)))
    return Lesson(
        memory_id=memory.id,
        text=fact.text,
        value=fact.value,
        answer=fact.answer_text,
        rows=tuple(rows),
        probes=(*plain, *others[: _PROBES - 1]),
        old=bool(memory.sleeps),
        openings=(*unseen[:_OPENINGS], *(hurried(text, chance) for text in more)),
        weight=1.5 if weak else 1.0,
        questions=memory.questions,
    )


def _guards(night: Curriculum, facts: Sequence[Fact], forgotten: Sequence[Fact], chance: random.Random) -> None:
    """Prompts that nothing of what was told answers."""
    guarded = list(facts) if len(facts) <= _MOST_GUARDED else chance.sample(list(facts), _MOST_GUARDED)
    few, share = min(len(guarded), MOST_NEW), MOST_NEW / max(MOST_NEW, len(guarded))
    # Little was told: then the more ways to come close to it, or the gate learns to open for anything of its kind.
    # Much was told: then fewer for each, but some for each.
    shut_per_fact = max(math.ceil(_SHUT_PER_FACT * share), _FEWEST_SHUT // max(1, len(guarded)))
    near = near_misses(guarded, chance, shut_per_fact + math.ceil(_NEAR_PER_FACT * share), facts, _SHARE_SAME)
    chance.shuffle(near)
    # The base's own words are not kept about what was told about: there they would stand against what is learned.
    elsewhere = [one.text for one in near if not one.same][: _NEAR_PER_FACT * few]
    others = [one.text for one in near if one.text not in set(elsewhere)]
    strange = [one.text for one in unknowns(chance, _UNKNOWN, facts)]
    common = [one.text for one in common_questions(guarded, chance, math.ceil(_COMMON_PER_FACT * share))]
    scenes = [one.text for one in strange_scenes(guarded, chance, _STRANGE_SCENES * few)]
    asked = {row.prompt for lesson in night.lessons for row in lesson.rows}
    taught = [*elsewhere, *others, *asked, *positive_texts(facts, chance)]
    generic = generic_prompts(chance, _GENERIC_KEPT + _GENERIC_SHUT + _CONTROLS, taught)
    lost = [text for fact in forgotten for text in plain_questions(fact, chance)]
    cut = max(0, len(others) - _CONTROLS)
    night.controls = [*others[cut:], *generic[: _CONTROLS // 2]]
    generic = generic[_CONTROLS:]
    night.near = [*lost, *elsewhere, *strange[:_STRANGE_KEPT]]
    night.rehearsal = generic[:_GENERIC_KEPT]
    night.passages = continued_prose(chance, _PASSAGES_KEPT)
    asking = [*lost, *others[:cut], *strange[_STRANGE_KEPT:], *common, *scenes, *generic[_GENERIC_KEPT:]]
    night.shut = [hurried(text, chance) if chance.random() < _HURRIED else text for text in asking]
    night.shut += prose(chance, _PROSE_SHUT)
