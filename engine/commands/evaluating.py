"""The command that examines: evaluate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .paths import path_of
from .refusing import refusing
from .spec import Argument, Call, CommandSpec, Flag
from .wording import counted, excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.lifeform import Lifeform

_COLUMNS = ("base", "as_shipped", "gate_open")
_MOST_LINES = 60
"""Memories or questions shown one by one; a report in JSON has all."""
_SHOWN = 76
_LABEL = 34
_CELL = 11


def evaluate(life: Lifeform, call: Call) -> None:
    """Ask about everything that was taught, or the questions of a file, and show what came of it."""
    from engine.evaluation import EvaluationRefused, EvaluationStopped, check_report_path, write_report
    from engine.evaluation import evaluate as examined
    from engine.evaluation import evaluate_file as examined_with

    wanted = call.args["json"]
    target = None if wanted is None else path_of(wanted)
    with refusing(EvaluationRefused):
        if target is not None:
            check_report_path(life, target, call.args["force"])
        try:
            if call.args["file"] is None:
                report, shown = examined(life, call).as_json(), _memories_table
            else:
                report, shown = examined_with(life, call, path_of(call.args["file"])).as_json(), _file_table
        except EvaluationStopped:
            call.output("Evaluation stopped; nothing was changed.")
            return
        call.output("\n".join(shown(report)))
        if target is not None:
            write_report(target, report)
            call.output(f"Written to {target}")


# -- everything that was taught ----------------------------------------------------------------------------------------


def _memories_table(report: Mapping[str, Any]) -> list[str]:
    counts, figures, gate = report["counts"], report["figures"], report["gate_opens"]
    known = [one for one in report["memories"] if one["verdict"] not in ("superseded", "forgotten")]
    gone = [one for one in report["memories"] if one["verdict"] in ("superseded", "forgotten")]
    others = sum(counts[kind] for kind in ("generic", "near", "unknown"))
    lines = [
        "--- Evaluation ---",
        f"{_memories(len(known))}, {sum(one['good'] for one in known)} known; {len(gone)} forgotten or corrected, "
        f"{sum(one['good'] for one in gone)} gone.",
        *_terms(report),
        "",
        _heading(),
        *_row("Told, asked plainly", figures, "plain", _share, len(known)),
        *_row(
            "Told, asked in other words", figures, "other_words", _share, sum(len(o["questions"]) - 1 for o in known)
        ),
        *_row(
            "Forgotten or corrected, still said", figures, "still_said", _share, sum(len(o["questions"]) for o in gone)
        ),
        *_row("Unrelated prompts, unchanged", figures, "generic_unchanged", _share, counts["generic"]),
        *_row("Near misses, unchanged", figures, "near_unchanged", _share, counts["near"]),
        *_row("Never mentioned, unchanged", figures, "unknown_unchanged", _share, counts["unknown"]),
        *_row("Taught values where none belongs", figures, "bleed", _share, others),
        *_row("Perplexity of plain prose", figures, "perplexity", _two, counts["prose_tokens"]),
        *_row("  against the base", figures, "perplexity_rise", _change, counts["prose_tokens"]),
        *_row("Drift (KL, nats per token)", figures, "kl", _four, counts["own_tokens"]),
        *_row("Confidence where right", figures, "confidence_right", _two),
        *_row("Confidence where wrong", figures, "confidence_wrong", _two),
        "",
        _gate_line(gate),
    ]
    lines += ["", *_short([_memory_line(one) for one in (*known, *gone)])] if report["memories"] else []
    if counts["not_asked"]:
        lines.append(f"{_memories(counts['not_asked'])} could not be asked about: no question fits.")
    if counts["not_slept_over"]:
        lines.append(f"{counted(counts['not_slept_over'], 'fact')} told, but not slept over yet, so not asked.")
    return lines


def _memory_line(one: Mapping[str, Any]) -> str:
    share = one["strength"]["as_shipped"]
    mark = "✓" if one["good"] else "✗"
    if one["verdict"] in ("superseded", "forgotten"):
        state = "gone" if one["good"] else "said"
        return f"{mark} {state:>4}  {one['id']:>4}  {excerpt(one['memory'], _SHOWN - 30)} ({one['verdict']})"
    return f"{mark} {share:4.0%}  {one['id']:>4}  {excerpt(one['memory'], _SHOWN - 13)}"


def _memories(count: int) -> str:
    return f"{count} memory" if count == 1 else f"{count} memories"


def _gate_line(gate: Mapping[str, float | None]) -> str:
    names = {
        "told": "told",
        "gone": "gone",
        "near": "near misses",
        "unknown": "never mentioned",
        "generic": "unrelated",
    }
    rates = [f"{name} {gate[key]:.0%}" for key, name in names.items() if gate[key] is not None]
    return f"The gate opens for: {', '.join(rates)}."


# -- a file of the user's own ------------------------------------------------------------------------------------------


def _file_table(report: Mapping[str, Any]) -> list[str]:
    counts, figures, asked = report["counts"], report["figures"], report["asked"]

    def n(*kinds: str) -> int:
        return sum(one["kind"] in kinds for one in asked)

    judged = [one for one in asked if one["right"] is not None]
    lines = [
        f"--- Evaluation of {excerpt(report['file'], _SHOWN - 25)} ---",
        f"{counted(counts['rows'], 'row')}, {counted(counts['prompts'], 'prompt')}.",
        *_terms(report),
    ]
    if counts["capped"]:
        lines.append(f"Only the first {counted(counts['rows'], 'row')} are asked; the file goes on.")
    if counts["malformed"]:
        lines.append(f"{counted(counts['malformed'], 'line')} malformed or too long, skipped:")
        lines += [f"  line {one['line']}: {one['problem']}" for one in report["problems"]]
        if counts["malformed"] > len(report["problems"]):
            lines.append(f"  and {counts['malformed'] - len(report['problems'])} more")
    lines += [
        "",
        _heading(),
        *_row("Right", figures, "right", _share, len(judged)),
        *_row("  questions", figures, "questions_right", _share, n("question")),
        *_row("  paraphrases", figures, "paraphrases_right", _share, n("paraphrase")),
        *_row("  responses", figures, "responses_right", _share, n("response")),
        *_row("Near misses, unchanged", figures, "near_unchanged", _share, n("near_miss")),
        *_row("Never mentioned, unchanged", figures, "unknown_unchanged", _share, n("unknown")),
        *_row("Taught values where none belongs", figures, "bleed", _share, n("near_miss", "unknown")),
    ]
    shown = [
        f"{'✓' if one['right']['as_shipped'] else '✗'} {one['line']:>4}  {excerpt(one['prompt'], 36)} → "
        f"{excerpt(one['answers']['as_shipped'], _SHOWN - 46) or '(nothing)'}"
        for one in judged
    ]
    return [*lines, *(["", *_short(shown)] if shown else [])]


# -- both --------------------------------------------------------------------------------------------------------------


def _terms(report: Mapping[str, Any]) -> list[str]:
    """At which influence it was asked."""
    if not report["scaffold_heard"]:
        why = "its influence is 0" if report["learned"] else "it has learned nothing yet"
        return [f"The scaffold is silent ({why}), so every answer is the base's own."]
    threshold = report["gate_threshold"]
    gate = "not trained yet, so open" if threshold is None else f"opens from {threshold:.2f}"
    return [f"Influence: weight={report['weight']:.2f}, blend_strength={report['blend']:.2f}; the gate {gate}."]


def _heading() -> str:
    return " " * _LABEL + "".join(f"{name.replace('_', ' '):>{_CELL}}" for name in _COLUMNS) + f"{'n':>7}"


def _row(
    label: str, figures: Mapping[str, Mapping[str, float | None]], key: str, shown: Callable[[float], str], n: int = 0
) -> list[str]:
    """One line of the table; none where nothing of the kind was asked."""
    values = [figures[column][key] for column in _COLUMNS]
    if all(value is None for value in values):
        return []
    cells = "".join(f"{'–' if value is None else shown(value):>{_CELL}}" for value in values)
    return [f"{label:<{_LABEL}}{cells}{n or '':>7}".rstrip()]


def _short(lines: list[str]) -> list[str]:
    left = len(lines) - _MOST_LINES
    return lines if left <= 0 else [*lines[:_MOST_LINES], f"  and {left} more; evaluate --json FILE has all of them."]


def _share(value: float) -> str:
    return f"{value:.0%}"


def _change(value: float) -> str:
    return f"{value:+.1%}"


def _two(value: float) -> str:
    return f"{value:.2f}"


def _four(value: float) -> str:
    return f"{value:.4f}"


EVALUATING = (
    CommandSpec(
        "evaluate",
        "learning",
        "Asks everything it was taught, and shows what learning has cost.",
        evaluate,
        arguments=(
            Argument("file", "path", required=False, help="a JSONL file of questions of your own to ask instead"),
        ),
        flags=(
            Flag("json", "path", help="writes every question and answer there, too"),
            Flag("force", help="replaces the JSON file if it exists"),
        ),
        help="Columns: the base alone, as chat would answer now, and with the recognition gate held open. What was "
        "forgotten or corrected is asked as well, and must not be said. A line of a file holds question and answers, "
        "or prompt and response. Nothing is changed, and chat is answered in between.",
        examples=("evaluate", "evaluate questions.jsonl", "evaluate --json report.json"),
        needs_model=True,
        long=True,
    ),
)
