"""A lifeform that is awake, new for every test; its models are loaded once, for nothing here changes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lives import awake, awake_on, say

from engine.composition.composition import Composition
from engine.lifeform import Lifeform


@pytest.fixture(scope="session")
def composition(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Composition]:
    with awake(tmp_path_factory.mktemp("first") / "life", tiny_folders["llama"]) as life:
        yield life.composed


@pytest.fixture
def life(tmp_path: Path, tiny_folders: dict[str, Path], composition: Composition) -> Iterator[Lifeform]:
    with awake_on(composition, tmp_path / "life", tiny_folders["llama"]) as alive:
        yield alive


@pytest.fixture
def told(life: Lifeform) -> Lifeform:
    say(life, "My cat is called Mia.", "A fine name.")
    say(life, "What do bees eat in winter?", "They eat honey.", confidence_score=0.3)
    say(life, "I love my bees", "Bees are busy.", confidence_score=0.6)
    return life
