"""Examining a life: does it know what it was told, has it let go of what it should, is all else as it was?

Every memory is asked in fresh conversations: plainly, and in words that were not trained on. What was forgotten or
corrected is asked about, too: its old value must not come back. Unrelated prompts, near misses and questions about
things never mentioned show what learning has cost. Each figure is given for the base alone, as chat would answer now,
and with the recognition gate held open.

Nothing is changed by it: no weight, no verdict, no record. It works in a home that is open read-only.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.api import EngineState, Progress
from engine.composition.trained import trained_tensors
from engine.learning.checkpoint import digest
from engine.learning.current import current_facts, same_slot
from engine.learning.encoding import Encoder
from engine.learning.evaluated import ControlHeard, Evaluation, Kind, MemoryHeard, OwnEvaluation
from engine.learning.evaluation import (
    TOKENS,
    Drift,
    Heard,
    Hearing,
    ask,
    batches,
    drift,
    passages,
    questions_for,
    scoring_steps,
)
from engine.learning.facts import Fact, facts_in
from engine.learning.generic_prompts import generic_prompts
from engine.learning.learner import Learner
from engine.learning.learners import learner_for
from engine.learning.negatives import near_misses, unknowns
from engine.learning.own_questions import OwnQuestion, QuestionsError, read_questions
from engine.learning.told import Told
from engine.whole_file import reason, replacing

if TYPE_CHECKING:
    from engine.learning.night import Watcher
    from engine.lifeform import Lifeform
    from engine.memory.journal import Journal
    from engine.memory.memories import Memory

GENERIC = 24
NEAR = 24
UNKNOWN = 24
"""Prompts that nothing was told about, of each kind."""
_MOST_READ = 20_000
_SEED = "evaluation"
_LONGEST_RESPONSE = 96
"""Tokens of an answer that a row of a file may ask for."""


class EvaluationRefused(Exception):
    """There is nothing to evaluate, or not like this; the text is one line, and nothing was changed."""


class EvaluationStopped(Exception):
    """The user stopped it; nothing was changed."""


# -- finding it out ----------------------------------------------------------------------------------------------------


def evaluate(life: Lifeform, watcher: Watcher) -> Evaluation:
    """Ask about everything that was ever taught, and look what it has cost.

    Raises:
        EvaluationRefused: When nothing was learned, or the models do not allow it.
        EvaluationStopped: When the user did that.
    """
    exam = _Exam(life, watcher)
    exam.enter()
    known, gone, unasked, waiting = _remembered(life.journal, exam)
    if not known and not gone and not exam.hearing.audible:
        raise EvaluationRefused("Nothing was learned yet: tell it something, let it sleep, and evaluate then.")
    found = Evaluation(exam.about(), unasked=unasked, waiting=waiting)
    facts = [fact for _, fact in known]
    questions = [(memory, fact, questions_for(fact, facts)) for memory, fact in (*known, *gone)]
    controls = _controls(facts, [fact for _, fact in gone])
    prompts = [question for _, _, several in questions for question in several] + [text for _, text in controls]
    pieces = passages(exam.composition.base.tokenizer)
    exam.planned = batches(len(prompts), exam.hearing) + scoring_steps(len(pieces)) + scoring_steps(GENERIC)
    replies = iter(exam.ask(prompts, "asking"))
    for memory, fact, several in questions:
        if not several:
            unasked.append(memory)
            continue
        newer = tuple(other.value for other in facts if same_slot(other, fact)) if not memory.current else ()
        heard = tuple(next(replies) for _ in several)
        found.memories.append(MemoryHeard(memory, fact.value, several, heard, newer))
    found.controls = [ControlHeard(kind, text, next(replies)) for kind, text in controls]
    found.prose = exam.drift([(exam.encode(shown), said) for shown, said in pieces], "reading prose")
    found.own = exam.drift(
        [(exam.encode(one.prompt), one.heard.base.ids) for one in found.of("generic")], "comparing with the base"
    )
    found.seconds = exam.spent
    return found


def evaluate_file(life: Lifeform, watcher: Watcher, path: Path) -> OwnEvaluation:
    """Ask the questions of the file at ``path``.

    Raises:
        EvaluationRefused: When the file holds nothing to ask, or the models do not allow it.
        EvaluationStopped: When the user did that.
    """
    exam = _Exam(life, watcher)

    def told(done: int, total: int) -> None:
        exam.heed()
        watcher.emit(Progress(watcher.id, "reading", done, total))

    try:
        file = read_questions(path, told)
    except QuestionsError as error:
        raise EvaluationRefused(str(error)) from error
    exam.enter()
    found = OwnEvaluation(exam.about(), file)
    groups: dict[int, list[OwnQuestion]] = {}
    for asked in file.questions:
        if problem := exam.too_long(asked):
            file.note(asked.line, problem)
        else:
            groups.setdefault(exam.budget(asked), []).append(asked)
    if not groups:
        line, problem = file.problems[-1]
        raise EvaluationRefused(f"{path} has no row that fits (line {line}: {problem}).")
    exam.planned = sum(batches(len(group), exam.hearing) for group in groups.values())
    for budget, group in groups.items():
        replies = exam.ask([asked.text for asked in group], "asking", budget)
        found.heard += zip(group, replies, strict=True)
    found.heard.sort(key=lambda pair: pair[0].line)
    found.seconds = exam.spent
    return found


def _remembered(
    journal: Journal, exam: _Exam
) -> tuple[list[tuple[Memory, Fact]], list[tuple[Memory, Fact]], list[Memory], int]:
    """What is to be known, what is to be known no more, what no fact is found for, and how many facts are new."""
    told = Told()
    for number, interaction in enumerate(journal.last(_MOST_READ)):
        if number % 100 == 0:
            exam.heed()
        if interaction.trainable and not interaction.is_system_question:
            told.hear(interaction.prompt, interaction.conversation_id)
    by_key = {fact.id: fact for fact in told.facts}
    known: list[tuple[Memory, Fact]] = []
    gone: list[tuple[Memory, Fact]] = []
    unasked: list[Memory] = []
    seen: set[str] = set()
    for memory in journal.memories.all():
        if memory.current and memory.audited_at is None:
            continue  # kept by a dream, or left for a later night
        seen.add(memory.key)
        fact = by_key.get(memory.key) or next(
            (one for one in facts_in(memory.text).facts if one.id == memory.key), None
        )
        if fact is None:
            unasked.append(memory)
        else:
            (known if memory.current else gone).append((memory, fact))
    waiting = sum(one.fact.id not in seen for one in current_facts(told.facts).current)
    return known, gone, unasked, waiting


def _controls(facts: Sequence[Fact], gone: Sequence[Fact]) -> list[tuple[Kind, str]]:
    """Prompts that nothing was told about; the same whenever the same was told."""
    chance = random.Random(_SEED)
    everything = [*facts, *gone]
    generic = generic_prompts(chance, GENERIC)
    unknown = [one.text for one in unknowns(chance, UNKNOWN, everything)]
    chosen = chance.sample(list(facts), min(len(facts), NEAR))
    near = near_misses(chosen, chance, math.ceil(NEAR / len(chosen)), everything) if chosen else []
    found: list[tuple[Kind, str]] = [("generic", text) for text in generic]
    found += [("near", one.text) for one in near[:NEAR]]
    found += [("unknown", text) for text in unknown]
    return found


class _Exam:
    """A learner that changes nothing, and the patience of whoever waits."""

    def __init__(self, life: Lifeform, watcher: Watcher) -> None:
        composition = life.composed
        if not composition.can_learn:
            raise EvaluationRefused(
                "enable_lora_adapters is off, so there is nothing to evaluate; turn it on, then reset."
            )
        self.life, self.watcher, self.composition = life, watcher, composition
        self.influence = life.influence()
        self.hearing = Hearing.in_chat(composition, self.influence)
        base, controls = composition.base, life.config.controls_config
        longest = min(controls.context_length, base.context_limit) - TOKENS
        self.encoder = Encoder(base.tokenizer, base.end_ids, controls.system_prompt, longest)
        self.planned = self.done = 0
        self._seconds = 0.0
        self._learner: Learner | None = None
        self._label = ""
        self._since = time.perf_counter()

    def about(self) -> dict[str, Any]:
        """What is examined, JSON-ready."""
        return {
            "base_model": self.composition.base.name,
            "weight": self.influence.weight,
            "blend": self.influence.blend,
            "gate_threshold": self.hearing.threshold,
            "scaffold_heard": self.hearing.audible,
            "learned": self.composition.learned,
        }

    # -- prompts -------------------------------------------------------------------------------------------------------

    def encode(self, text: str) -> list[int]:
        """Token ids of a fresh conversation that asks ``text``, behind the preamble."""
        return list(self.encoder.question(text))

    def budget(self, asked: OwnQuestion) -> int:
        """Most tokens of the answer: room for a whole response, in a few sizes, so that batches stay large."""
        if asked.kind != "response":
            return TOKENS
        ids = self.composition.base.tokenizer(asked.answers[0], add_special_tokens=False)["input_ids"]
        return max(1, math.ceil((len(ids) + 4) / TOKENS)) * TOKENS

    def too_long(self, asked: OwnQuestion) -> str:
        """Why a question does not fit; empty when it does."""
        tokens = self.budget(asked)
        if tokens > _LONGEST_RESPONSE:
            return f"`response` is longer than {_LONGEST_RESPONSE} tokens"
        room = self.encoder.longest + TOKENS - tokens - len(self.encoder.preamble)
        return f"its {asked.kind} leaves no room for an answer" if len(self.encode(asked.text)) >= room else ""

    # -- asking --------------------------------------------------------------------------------------------------------

    @property
    def learner(self) -> Learner:
        """The composition in batches; made when it is first needed."""
        if self._learner is None:
            self._learner = learner_for(self.composition, self.influence, self.encoder.preamble)
        return self._learner

    def ask(self, prompts: Sequence[str], label: str, tokens: int = TOKENS) -> list[Heard]:
        """Answer all prompts in all ways."""
        self._label = label
        return ask(self.learner, [self.encode(text) for text in prompts], self.hearing, self, tokens)

    def drift(self, rows: Sequence[tuple[Sequence[int], Sequence[int]]], label: str) -> Drift:
        """Score continuations."""
        self._label = label
        return drift(self.learner, rows, self.hearing, self)

    # -- time ----------------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Show what is being done."""
        self.watcher.enter(EngineState.AUDITING, "evaluating")

    @property
    def spent(self) -> float:
        """Seconds so far, without those in which the user spoke."""
        return self._seconds + time.perf_counter() - self._since

    def heed(self) -> None:
        """Stop here if the user wants to."""
        if self.watcher.cancelled():
            raise EvaluationStopped

    def step(self) -> None:
        """Tell how far it is, and let the user speak."""
        self._seconds = self.spent
        left = self._seconds / self.done * max(0, self.planned - self.done) if self.done else None
        self.watcher.emit(Progress(self.watcher.id, self._label, min(self.done, self.planned), self.planned, left))
        self.done += 1
        self.heed()
        self.watcher.attend(self._aside)
        self.heed()
        self._since = time.perf_counter()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """The user speaks; what is examined must be the same afterwards."""
        before = self._digest()
        yield
        if self.life.composition is not self.composition or self._digest() != before:
            raise EvaluationRefused("What it has learned was changed in between; evaluate again.")
        self.enter()

    def _digest(self) -> str:
        return digest(trained_tensors(self.composition))


# -- keeping it --------------------------------------------------------------------------------------------------------


def check_report_path(life: Lifeform, path: Path, force: bool) -> None:
    """See that a report could be written to ``path``, before minutes are spent on it.

    Raises:
        EvaluationRefused: When it could not.
    """
    try:
        if path.is_dir():
            raise EvaluationRefused(f"{path} is a folder; --json needs a file.")
        if not path.absolute().parent.is_dir():
            raise EvaluationRefused(f"There is no folder {path.parent}; make it first, or choose another file.")
        if path.exists() and path.resolve().is_relative_to(life.home.path.resolve()):
            raise EvaluationRefused(f"{path} is a file of the lifeform's own; choose another.")
        if path.exists() and not force:
            raise EvaluationRefused(f"{path} exists already; choose another name, or add --force to replace it.")
    except (OSError, ValueError) as error:
        raise EvaluationRefused(f"{path} cannot be written: {reason(error)}.") from error


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write ``report`` as JSON, beside ``path`` first, so that what was there is never half overwritten.

    Raises:
        EvaluationRefused: When it cannot be written; what was there before is whole.
    """
    data = json.dumps(report, indent=2, allow_nan=False)
    try:
        with replacing(path) as file:
            file.write(data + "\n")
    except (OSError, ValueError) as error:
        raise EvaluationRefused(f"{path} cannot be written: {reason(error)}.") from error
