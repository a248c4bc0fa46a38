"""The table of effects is whole: every setting is in it, and has a test that holds it to what is said there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config import When, keys
from engine.config_effects import EFFECTS

TESTS = Path(__file__).parents[2]
DECORATORS = {"effect_of", "shows_effect_of"}


def marked(file: Path) -> Iterator[tuple[str, str]]:
    """The settings whose effect the tests in ``file`` show, each with the test's name."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in DECORATORS:
                    yield ast.literal_eval(call.args[0]), node.name


def test_every_setting_has_a_test_of_its_effect() -> None:
    shown = [pair for file in sorted(TESTS.rglob("test_*.py")) for pair in marked(file)]
    assert all(test.startswith("test_") for _, test in shown)
    assert sorted(key for key, _ in shown) == sorted(known.name for known in keys())


@pytest.mark.parametrize("known", keys(), ids=lambda known: known.name)
def test_every_effect_is_told(known) -> None:
    assert known.effect is EFFECTS[known.name]
    assert known.live == (known.effect.when is not When.RESET)
    assert known.effect.moves[0].islower() and known.effect.moves.isprintable() and known.effect.moves[-1] != "."
    assert known.told.startswith(known.effect.moves) and known.told.endswith(known.effect.when)


def test_there_is_no_effect_without_a_setting() -> None:
    assert set(EFFECTS) == {known.name for known in keys()}
