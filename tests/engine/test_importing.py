"""The heavy imports, and what they leave to Python's search for garbage."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from driving import tiny_config

from engine import Home
from engine.importing import models_imported
from engine.lifeform import Lifeform

IN_A_NEW_PROCESS = """
import gc, sys
from engine.importing import models_imported
searched = []
gc.callbacks.append(lambda phase, info: searched.append(info["generation"]))
with models_imported():
    assert searched == [], searched
    assert gc.isenabled() and gc.get_freeze_count() > 100_000, gc.get_freeze_count()
    assert "torch" in sys.modules
    loaded = [[] for _ in range(10_000)]
assert not {id(one) for one in gc.get_objects()} & {id(one) for one in loaded}
"""


def test_the_first_time_nothing_is_searched_for_garbage_and_what_came_stays() -> None:
    subprocess.run([sys.executable, "-c", IN_A_NEW_PROCESS], check=True, timeout=120)


def test_later_nothing_more_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    import engine.composition.loading  # noqa: F401 - as any start before this one did

    monkeypatch.setattr(gc, "freeze", lambda: pytest.fail("what was made since then may be garbage"))
    with models_imported():
        assert gc.isenabled()


def test_the_search_goes_on_when_an_import_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.importing._MODELS", "engine.nothing_of_that_name")
    monkeypatch.setattr(gc, "freeze", lambda: None)
    with pytest.raises(ModuleNotFoundError), models_imported():
        pass
    assert gc.isenabled()


def test_a_model_that_is_replaced_goes_without_a_search(home: Path, tiny_folders: dict[str, Path]) -> None:
    life = Lifeform(Home(home).open(), tiny_config(tiny_folders["llama"]))
    life.awaken(lambda doing, fraction: None)
    assert life.composition is not None
    model = weakref.ref(life.composition.base.model)
    gc.disable()
    try:
        life.awaken(lambda doing, fraction: None)
        assert model() is None
    finally:
        gc.enable()
        life.close()
