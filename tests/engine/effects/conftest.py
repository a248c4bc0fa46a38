"""A life for each test of an effect, on models that are loaded once, and nights that are short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from driving import tiny_config
from lives import awake_on

from engine.lifeform import Lifeform

if TYPE_CHECKING:
    from engine.composition.composition import Composition


@pytest.fixture(scope="session")
def composition(tiny_folders: dict[str, Path]) -> Composition:
    from engine.composition.loading import load_composition

    config = tiny_config(tiny_folders["llama"])
    return load_composition(config.core_config, config.lora_config, adapters=True, report=lambda *_: None)


@pytest.fixture
def life(composition: Composition, tmp_path: Path, tiny_folders: dict[str, Path]) -> Iterator[Lifeform]:
    """A newborn that is awake."""
    from engine.composition.trained import copy_of_trained, put_trained

    newborn = copy_of_trained(composition)
    with awake_on(composition, tmp_path / "life", tiny_folders["llama"]) as alive:
        yield alive
    put_trained(composition, newborn)
    composition.gate.trained = False
