"""Tell, sleep, restart, ask: one system under one seed, with every stage in a process of its own."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.learning_asking import MAX_NEW_TOKENS, Mode, Question
from bench.learning_base import BaseAnswers, ask_job, question_json
from bench.learning_controls import Control, best_line, put_before, said_lines
from bench.learning_corrections import after_correction, corrected
from bench.learning_drift import PASSAGES
from bench.learning_facts import Correction, Fact, given_away, questions_of, taught_answers
from bench.learning_failure import BenchError
from bench.learning_metrics import accuracy_at_the_end, backward_transfer, forward_transfer, mean
from bench.learning_prompts import SMALL_TALK_BEFORE
from bench.learning_records import Item, Record, Scope, items_for, judged, unrelated_prompts
from bench.learning_telling import day_plan
from bench.learning_worker import run_worker

_WEIGHT_ZERO_PROMPTS = 12
"""Prompts on which the sleeper at weight 0 is compared with a newborn in another process."""
_SMALL_TALK_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured.

    Attributes:
        batches: How many sleeps; the facts are dealt out over them.
        corrections: Share of the facts that are corrected before a last sleep; 0 for none.
        noise: Ask with typos, in small letters and as yes/no questions, too.
        small_talk_before: Ask again after so many turns of small talk; 0 leaves that out.
        gate_off: Ask with the gate off, too.
        drift: Measure perplexity and divergence.
        passages: Held-out passages of 128 scored tokens.
        settings: Settings of every home, by key.
    """

    batches: int = 1
    corrections: float = 0.0
    noise: bool = False
    small_talk_before: int = 0
    gate_off: bool = True
    drift: bool = True
    passages: int = PASSAGES
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """One system under one seed.

    Attributes:
        records: Judged answers, those of the last evaluation.
        earlier: Judged answers of evaluations after earlier sleeps, each with ``after_sleep``.
        drift: Sums by text and mode.
        days: What came of each day.
        matrix: Retention; empty unless there were several sleeps.
        retention: ACC, BWT, FWT.
        weight_zero: Whether the sleeper at weight 0 said what the base says, per prompt.
        info: Weight, whether it learned anything, seconds of the evaluation.
        home: Where it lives.
    """

    system: str
    seed: int
    records: list[Record] = field(default_factory=list)
    earlier: list[Record] = field(default_factory=list)
    drift: dict[str, dict[str, Any]] = field(default_factory=dict)
    days: list[dict[str, Any]] = field(default_factory=list)
    matrix: list[list[float | None]] = field(default_factory=list)
    retention: dict[str, float | None] = field(default_factory=dict)
    weight_zero: list[bool] = field(default_factory=list)
    corrections: dict[str, Correction] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    home: str = ""

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready object."""
        return asdict(self)


def make_home(path: Path, settings: Mapping[str, Any]) -> Path:
    """A newborn's home at ``path`` with ``settings``; what was there before is deleted.

    Raises:
        BenchError: A setting is wrong.
    """
    from engine import Config, ConfigError, Home

    config = Config()
    for key, value in settings.items():
        try:
            config.set(key, value)
        except ConfigError as error:
            raise BenchError(f"--set {key}={value}: {error}") from error
    if path.exists():
        shutil.rmtree(path)
    with Home(path).open() as home:
        config.save(home.config_path)
    return path


def home_settings(seed: int, options: Options, control: Control | None = None) -> dict[str, Any]:
    """Settings of a home of the bench: seeded, one thread, short answers while it is told things, sleeps on demand."""
    return {
        "core_config.random_seed": seed,
        "controls_config.cpu_threads": 1,
        "controls_config.max_new_tokens": MAX_NEW_TOKENS,
        "controls_config.enable_gestation": False,
        **(control.settings if control else {}),
        **options.settings,
    }


def scope_of(options: Options, seed: int, old: Mapping[str, tuple[str, ...]]) -> Scope:
    """What the last evaluation asks."""
    return Scope(noise=options.noise, small_talk=small_talk_groups(options.small_talk_before, seed), old_values=old)


def small_talk_groups(turns: int, seed: int) -> tuple[tuple[str, ...], ...]:
    """A few different beginnings of a conversation, ``turns`` lines each; none for 0 turns."""
    chance = random.Random(f"small talk {seed}")
    groups = (tuple(chance.sample(SMALL_TALK_BEFORE, turns)) for _ in range(_SMALL_TALK_GROUPS))
    return tuple(groups) if turns else ()


def dealt_out(facts: Sequence[Fact], batches: int, seed: int) -> list[list[Fact]]:
    """All ``facts`` in a seeded order, in ``batches`` parts that differ by one at most; one part keeps their order."""
    order = list(facts)
    if batches > 1:
        random.Random(f"batches {seed}").shuffle(order)
    edges = [round(len(order) * number / batches) for number in range(batches + 1)]
    return [order[start:end] for start, end in pairwise(edges)]


def run_system(
    control: Control, facts: Sequence[Fact], seed: int, base: BaseAnswers, options: Options, folder: Path
) -> Run:
    """Measure one system under one seed.

    Args:
        control: The system.
        facts: What is taught; none that the base knows.
        seed: Of the order of things, of the home, and of everything random in it.
        base: Answers of the bare base.
        options: What is measured.
        folder: Where homes are made.

    Raises:
        BenchError: It cannot be measured.
    """
    run = Run(control.name, seed)
    if control.sleeps:
        _sleeper(run, control, facts, base, options, folder)
    else:
        _prompted(run, control, facts, base, options, folder)
    return run


def _sleeper(
    run: Run, control: Control, facts: Sequence[Fact], base: BaseAnswers, options: Options, folder: Path
) -> None:
    """Day after day in one home, each ending with a sleep and the end of the process; then the evaluation."""
    home = make_home(folder / f"{control.name}-{run.seed}", home_settings(run.seed, options, control))
    run.home = str(home)
    batches = dealt_out(facts, options.batches, run.seed)
    if options.batches > 1:
        run.matrix.append(_before_any_sleep(batches, base))
    for number, batch in enumerate(batches, 1):
        _day(run, control, home, [fact.statement for fact in batch], facts, number)
        if options.batches > 1 and (number < len(batches) or options.corrections):
            _retention(run, control, batches, number, base)
    now, old = list(facts), {}
    if options.corrections:
        run.corrections = _corrections(facts, options.corrections, run.seed)
        statements = [correction.statement for correction in run.corrections.values()]
        _day(run, control, home, statements, facts, len(batches) + 1)
        old = {fact.id: fact.answers for fact in facts if fact.id in run.corrections}
        now = [after_correction(fact, run.corrections) for fact in facts]
    items = items_for(now, now, run.seed, scope_of(options, run.seed, old))
    base.need(item.question for item in items)
    _ask(run, control, items, now, [*now, *facts], base, options, title=_title(run, "asking"))
    if options.batches > 1:
        if not options.corrections:  # with them the last row was asked before they were told
            run.matrix.append([_accuracy(run.records, batch) for batch in batches])
        run.retention = {
            "ACC": accuracy_at_the_end(run.matrix),
            "BWT": backward_transfer(run.matrix),
            "FWT": forward_transfer(run.matrix),
        }


def _day(run: Run, control: Control, home: Path, statements: Sequence[str], facts: Sequence[Fact], number: int) -> None:
    """Tell ``statements``, and let it sleep where it does; ``facts`` are all that are ever told."""
    say(f"{_title(run, 'telling')}: {len(statements)} statements, day {number}")
    job = {
        "stage": "day",
        "home": str(home),
        "control": control.name,
        "lines": day_plan(statements, run.seed * 1000 + number),
        "sleep": control.sleeps,
        "facts": [asdict(fact) for fact in facts],
        "seed": run.seed,
    }
    run.days.append(run_worker(job))


def _before_any_sleep(batches: Sequence[Sequence[Fact]], base: BaseAnswers) -> list[float | None]:
    """Row 0 of the matrix: nothing is learned yet, so the base answers."""
    row: list[float | None] = []
    for batch in batches:
        items = [item for item in items_for(batch, batch, 0, Scope(elsewhere=False)) if item.kind != "dev"]
        taught = taught_answers(batch)
        base.need(item.question for item in items)
        records = [judged(i, base[i.question], base[i.question], taught, system="base", mode="base") for i in items]
        row.append(_accuracy(records, batch))
    return row


def _retention(run: Run, control: Control, batches: Sequence[Sequence[Fact]], slept: int, base: BaseAnswers) -> None:
    """A row of the matrix: every batch told so far, and the next one, for what it is worth to have learned before."""
    asked = [fact for batch in batches[: slept + 1] for fact in batch]
    told = [fact for batch in batches for fact in batch]
    items = [item for item in items_for(asked, told, run.seed, Scope(elsewhere=False)) if item.kind != "dev"]
    base.need(item.question for item in items)
    job = ask_job(
        Path(run.home),
        _title(run, f"asking after sleep {slept}"),
        [question_json(item.question, ["shipped"], base[item.question]["ids"]) for item in items],
        control=control.name,
        forbidden=taught_answers(told),
        learned=True,
    )
    heard = run_worker(job)["answers"]
    taught = taught_answers(asked)
    records = [
        judged(item, answer["shipped"], base[item.question], taught, system=run.system, mode="shipped")
        for item, answer in zip(items, heard, strict=True)
    ]
    run.earlier += [{**record, "after_sleep": slept} for record in records]
    row: list[float | None] = [_accuracy(records, batch) for batch in batches[: slept + 1]]
    run.matrix.append(row + [None] * (len(batches) - len(row)))


def _accuracy(records: Iterable[Record], batch: Sequence[Fact]) -> float | None:
    """Share of canonical questions and test paraphrases of ``batch`` answered rightly, as shipped."""
    ids = {fact.id for fact in batch}
    return mean(
        float(record["correct"])
        for record in records
        if record["fact"] in ids and record["kind"] in ("canonical", "test") and record["mode"] in ("shipped", "base")
    )


def _corrections(facts: Sequence[Fact], share: float, seed: int) -> dict[str, Correction]:
    corrections = corrected(facts, share, seed)
    new = [answer for correction in corrections.values() for answer in correction.answers]
    for fact in facts:
        if leak := given_away(questions_of(fact), new):
            raise BenchError(f"fact {fact.id}: the question {leak[0]!r} contains the corrected answer {leak[1]!r}")
    return corrections


def _told_only(run: Run, control: Control, facts: Sequence[Fact], options: Options, folder: Path) -> Path:
    home = make_home(folder / f"{control.name}-{run.seed}", home_settings(run.seed, options, control))
    run.home = str(home)
    _day(run, control, home, [fact.statement for fact in facts], facts, 1)
    return home


def _prompted(
    run: Run, control: Control, facts: Sequence[Fact], base: BaseAnswers, options: Options, folder: Path
) -> None:
    """The bare base, with nothing, or with some lines, before the question."""
    items = items_for(facts, facts, run.seed, scope_of(options, run.seed, {}))
    base.need(item.question for item in items)
    taught = taught_answers(facts)
    if not control.in_prompt:
        heard = {item: base[item.question] for item in items}
    else:
        items = [item for item in items if not item.question.after]
        said = said_lines(_told_only(run, control, facts, options, folder)) if control.tells else []
        asked = {item: Question(_with_lines(control, item, facts, said), guarded=False) for item in items}
        run.info["right line"] = _right_lines(asked, facts) if said else None
        say(f"{_title(run, 'asking')}: {len(asked)} questions")
        base.need(asked.values())
        heard = {item: base[question] for item, question in asked.items()}
    run.records = [
        judged(item, answer, base[item.question], taught, system=run.system, mode="base")
        for item, answer in heard.items()
    ]


def _with_lines(control: Control, item: Item, facts: Sequence[Fact], said: Sequence[str]) -> str:
    question = item.question.text
    match control.in_prompt:
        case "all":
            lines = [fact.statement for fact in facts]
        case "own":
            lines = [fact.statement for fact in facts if fact.id == item.fact]
        case _:
            lines = [best_line(question, said)]
    return put_before(lines, question)


def _right_lines(asked: Mapping[Item, Question], facts: Sequence[Fact]) -> float | None:
    """Share of questions about facts for which the fact's own statement was retrieved."""
    statements = {fact.id: fact.statement for fact in facts}
    return mean(
        float(question.text.startswith(statements[item.fact]))
        for item, question in asked.items()
        if item.kind in ("canonical", "test")
    )


def _ask(
    run: Run,
    control: Control,
    items: Sequence[Item],
    facts: Sequence[Fact],
    forbidden: Sequence[Fact],
    base: BaseAnswers,
    options: Options,
    *,
    title: str,
) -> None:
    """The whole evaluation of what lives in ``run.home``, in a new process."""
    base.need(item.question for item in items)
    modes: list[Mode] = ["shipped", "gate off"] if options.gate_off else ["shipped"]
    taught = taught_answers(facts)
    replaced = [answer for answer in taught_answers(forbidden) if answer not in taught]
    generic = [Question(text) for text in unrelated_prompts(taught)]
    zero = generic[:_WEIGHT_ZERO_PROMPTS]
    base.need(generic)
    say(f"{title}: {len(items)} questions")
    job = ask_job(
        Path(run.home),
        title,
        [
            *(question_json(item.question, modes, base[item.question]["ids"]) for item in items),
            *(question_json(question, ["base"]) for question in zero),
        ],
        control=control.name,
        forbidden=taught_answers(forbidden),
        drift_modes=modes if options.drift else [],
        generic=[(question.text, base[question]["ids"]) for question in generic if base[question]["ids"]],
        passages=options.passages,
        learned=True,
    )
    result = run_worker(job)
    answers = result["answers"]
    run.records = [
        judged(item, answer[mode], base[item.question], taught, system=run.system, mode=mode, replaced=replaced)
        for item, answer in zip(items, answers, strict=False)
        for mode in modes
    ]
    run.weight_zero = [
        answer["base"]["ids"] == base[question]["ids"]
        for question, answer in zip(zero, answers[len(items) :], strict=True)
    ]
    run.drift = result["drift"]
    run.info |= {key: result[key] for key in ("seconds", "weight", "learned")}


def _title(run: Run, doing: str) -> str:
    return f"{run.system}, seed {run.seed}, {doing}"


def say(text: str) -> None:
    """A line of progress, apart from the table."""
    print(text, file=sys.stderr, flush=True)
