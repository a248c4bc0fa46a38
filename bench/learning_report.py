"""The readable table: figures in rows, systems in columns, with intervals, and what they were measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.learning_metrics import Difference, Estimate

_ROWS: tuple[tuple[str, str], ...] = (
    ("R", "reliability R, canonical question"),
    ("G", "generality G, test paraphrases"),
    ("G dev", "  dev paraphrases"),
    ("L", "locality L, unrelated and near miss identical"),
    ("unrelated identical", "  unrelated identical"),
    ("near miss identical", "  near miss identical"),
    ("unknown identical", "  unknown identical"),
    ("near miss and unknown identical", "  near miss and unknown identical"),
    ("bleed", "bleed B, unrelated, near miss and unknown"),
    ("S", "score S"),
    ("common knowledge", "common knowledge right"),
    ("knowledge kept", "  of what the base had right"),
    ("typo", "typos"),
    ("small letters", "small letters"),
    ("yes/no", "yes/no questions"),
    ("noise", "typos, small letters, yes/no together"),
    ("R after small talk", "R after small talk"),
    ("G after small talk", "G after small talk"),
    ("corrected R", "corrected facts, new value: R"),
    ("corrected G", "corrected facts, new value: G"),
    ("old value", "corrected facts, old value still said"),
    ("perplexity drift held-out", "perplexity drift, held-out text"),
    ("KL held-out", "KL drift, held-out text (nats/token)"),
    ("KL generic", "KL drift, base's answers (nats/token)"),
    ("length ratio", "length of unrelated answers, after / before"),
    ("AUROC right/wrong, taught", "confidence AUROC, right/wrong, taught"),
    ("AUROC right/wrong, all", "confidence AUROC, right/wrong, with known and unknown"),
    ("ECE", "confidence ECE"),
    ("ECE fitted", "  one temperature fitted on the other half"),
    ("AUROC told/unknown, gate", "told or unknown, AUROC by the gate"),
    ("AUROC told/unknown, confidence", "told or unknown, AUROC by confidence"),
    ("ACC", "retention ACC"),
    ("BWT", "retention BWT"),
    ("FWT", "retention FWT"),
    ("weight 0 identical", "weight 0 after sleep identical to the base"),
    ("dreams kept", "dream questions kept"),
    ("dreams distinct", "  distinct-2 of those of a night"),
    ("right line", "retrieved line was the fact's own"),
    ("telling seconds", "seconds of telling"),
    ("sleep seconds", "seconds asleep"),
    ("sleep steps", "optimiser steps"),
    ("asking seconds", "seconds of asking"),
)
_PERCENT = {"perplexity drift held-out"}
_GATE_KINDS = ("canonical", "dev", "test", "near_miss", "unknown", "unrelated", "known")


def table(columns: Mapping[str, Mapping[str, Any]]) -> str:
    """Rows of figures with a column per system and mode; rows in which no column has anything are left out."""
    rows = [
        (label, [_cell(figures.get(key), key) for figures in columns.values()])
        for key, label in _ROWS
        if any(figures.get(key) is not None for figures in columns.values())
    ]
    if any(figures.get("gate opens") for figures in columns.values()):
        for kind in _GATE_KINDS:
            cells = [_cell(_opened(figures, kind), kind) for figures in columns.values()]
            rows.append((f"scaffold spoke, {kind.replace('_', ' ')}", cells))
    widths = [
        max(len(name), *(len(cells[place]) for _, cells in rows)) if rows else len(name)
        for place, name in enumerate(columns)
    ]
    first = max((len(label) for label, _ in rows), default=0)
    lines = [_line("", list(columns), first, widths), "-" * (first + sum(widths) + 2 * len(widths))]
    return "\n".join([*lines, *(_line(label, cells, first, widths) for label, cells in rows)])


def _opened(figures: Mapping[str, Any], kind: str) -> Any:
    opens = figures.get("gate opens")
    return opens.get(kind) if opens else None


def _line(label: str, cells: Sequence[str], first: int, widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "  ".join([label.ljust(first), *padded]).rstrip()


def _cell(value: Any, key: str) -> str:
    if isinstance(value, Estimate):
        return f"{_short(value.mean)} [{_short(value.low)} {_short(value.high)}] n={value.n}"
    if isinstance(value, Mapping):
        value = value.get("mean")
    if value is None:
        return "–"
    if isinstance(value, int):
        return str(value)
    if key in _PERCENT:
        return f"{100 * value:+.2f} %"
    if key.endswith(("seconds", "steps")):
        return f"{value:.0f}"
    return f"{value:.4f}" if key.startswith("KL") else f"{value:.3f}"


def _short(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if 0 <= value < 1 else f"{value:.2f}"


def matrix(values: Sequence[Sequence[float | None]]) -> str:
    """The retention matrix: a row for each sleep, a column for each batch."""
    lines = ["after sleep  " + "  ".join(f"batch {number + 1:<2}" for number in range(len(values[0])))]
    for number, row in enumerate(values):
        cells = "  ".join("   –    " if value is None else f"  {value:.2f}  " for value in row)
        lines.append(f"{number:>11}  {cells}".rstrip())
    return "\n".join(lines)


def difference(name: str, one: Difference | None) -> str:
    """One line about a paired comparison."""
    if one is None:
        return f"{name}: the two share no questions"
    return (
        f"{name}: {one.mean:+.3f} [{one.low:+.3f} {one.high:+.3f}], p = {one.p:.3f}, {one.clusters} facts, "
        "paired bootstrap"
    )


def machine(facts: Mapping[str, Any]) -> str:
    """What it was measured on, in two lines."""
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['torch threads']} torch thread(s), {facts['device']}, "
        f"{facts['precision']}; Python {facts['python']}, torch {facts['torch']}, transformers "
        f"{facts['transformers']}, SOVL {facts['sovl']}\n"
        f"{facts['base model']}, {facts['form']} form, bridged layers {_span(facts['bridged layers'])}, "
        f"{facts['LoRA parameters']:,} LoRA parameters"
    )


def _span(layers: Sequence[int]) -> str:
    whole = list(range(layers[0], layers[-1] + 1))
    return f"{layers[0]}–{layers[-1]}" if list(layers) == whole else ", ".join(map(str, layers))
