"""What guards a life against a loss that runs away, memory and disks that fill up, clocks that are set back, and others
at its journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from driving import Driver, running, tiny_config
from lives import Ear, awake
from observing import FACTS, Watch, teach
from short_nights import shorten_nights
from tiny import save_tiny

from engine import gestation
from engine.api import MemoryAudited, Notice, Outcome, Output, TrainingStep
from engine.composition.trained import copy_of_trained
from engine.gestation import CannotSleep
from engine.learning import sleep as nights
from engine.learning import trainer
from engine.lifeform import Lifeform
from engine.memory import schema
from engine.memory.journal import Journal
from engine.mind.curiosity import Curiosity
from engine.state_files import SavedState, read_state, write_state
from engine.state_rotation import earlier_states


@pytest.fixture
def life(tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Lifeform]:
    """One that was told two facts, and sleeps short nights without questions."""
    shorten_nights(monkeypatch)
    monkeypatch.setattr(nights, "questions", lambda *_: [])
    with awake(tmp_path / "life", tiny_folders["llama"], context_length=1024) as alive:
        for fact in FACTS[:2]:
            alive.journal.record(conversation_id="a", prompt=fact, response="I see.", confidence_score=0.9)
        yield alive


def as_before(life: Lifeform, before: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(before[name], tensor) for name, tensor in copy_of_trained(life.composed).items())


# -- nights that go wrong ----------------------------------------------------------------------------------------------


def test_a_night_whose_loss_runs_away_is_undone_and_told(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copy_of_trained(life.composed)
    real, calls = trainer.accumulate, 0

    def louder(*given: Any) -> Any:
        nonlocal calls
        step = real(*given)
        calls += 1
        return replace(step, loss=step.loss if calls == 1 else 1000.0)

    monkeypatch.setattr(trainer, "accumulate", louder)
    said = life.sleep(Watch())
    assert said == "A bad night: the loss ran away to 1000.0 at step 2. Everything is as it was before."
    assert as_before(life, before) and life.journal.unslept()[0] == 2


def test_a_night_without_memory_is_undone_and_told(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    before = copy_of_trained(life.composed)

    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(trainer, "_descend_from", full)
    assert life.sleep(Watch()).startswith("A bad night: memory ran out, even with one row at a time.")
    monkeypatch.setattr(nights, "leave_traces", full)
    assert life.sleep(Watch()).startswith("A bad night: memory ran out.")
    assert as_before(life, before) and not life.sleeping


def test_after_a_bad_night_it_does_not_fall_asleep_again_until_something_is_said(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.set_config("sleep_log_min", 5)
    for number in range(5):
        life.journal.record(conversation_id="a", prompt=f"hello {number}", response="hi", confidence_score=0.9)
    assert life.tired
    monkeypatch.setattr(nights, "_FEWEST_STEPS", 1)
    with monkeypatch.context() as patch:
        patch.setattr(trainer, "accumulate", lambda *_: (_ for _ in ()).throw(trainer.LearningFailed("no luck")))
        assert "no luck" in life.sleep(Watch())
    assert not life.tired
    life.journal.record(conversation_id="a", prompt="hello", response="hi", confidence_score=0.9)
    assert life.tired


def test_a_disk_that_is_nearly_full_puts_sleep_off(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    life.set_config("is_sleeping", True)
    assert life.tired
    monkeypatch.setattr(gestation.shutil, "disk_usage", lambda _: SimpleNamespace(free=12_345_678))
    with pytest.raises(CannotSleep) as refused:
        life.sleep(Watch())
    line = str(refused.value)
    assert line.isprintable() and "has 12 MB free, and a sleep needs 3" in line and str(life.home.path) in line
    assert not life.tired and life.journal.unslept()[0] == 2


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_night_on_a_model_with_a_short_context_leaves_out_what_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    shorten_nights(monkeypatch)
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")
    context = {"llama": "max_position_embeddings", "gpt2": "n_positions"}[family]
    with awake(tmp_path / "life", save_tiny(tmp_path / "model", family, **{context: 128})) as life:
        long = "the river flows into the sea " * 60
        for text in (*FACTS[:2], f"My brother is called {long}.", long):
            life.journal.record(conversation_id="a", prompt=text, response="I see.")
        watch = Watch()
        said = life.sleep(watch)
        assert said.startswith("Learned ") and watch.of(TrainingStep), said
        assert {one.memory for one in watch.of(MemoryAudited)} == set(FACTS[:2])
        assert life.journal.unslept()[0] == 0
        assert not life.dream(Watch()).startswith("No memories")


def test_memory_that_runs_out_in_an_answer_is_said_and_panic_works_afterwards(
    tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path / "life", tiny_config(tiny_folders["llama"])) as driver:
        driver.say("hello")
        driver.say("save")
        life = driver.engine._life
        assert life is not None
        turns = list(life.conversation.turns)
        layer, real = life.composed.base.layers[3], type(life.composed.base.layers[3]).forward

        def full(*_: Any, **__: Any) -> Any:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

        with monkeypatch.context() as patch:
            patch.setattr(layer, "forward", full)
            done = driver.say("tell me about the sea")
        assert done.outcome is Outcome.FAILED and done.message.startswith("memory ran out; ")
        assert life.conversation.turns == turns and life.journal.count() == 1 and real is type(layer).forward
        said = driver.say("generate hello there 6 --temperature 0").text
        assert driver.say("panic").outcome is Outcome.OK
        assert driver.say("generate hello there 6 --temperature 0").text == said != ""


# -- panic -------------------------------------------------------------------------------------------------------------


def test_panic_with_a_corrupt_state_on_disk_takes_the_newest_earlier_one_that_is_good(
    tmp_path: Path, tiny_folders: dict[str, Path]
) -> None:
    with running(tmp_path / "life", tiny_config(tiny_folders["llama"])) as driver:
        driver.say("hello")
        for weight in (0.2, 0.4, 0.6):
            driver.say(f"/tune cross {weight}")
            driver.say("/save")
        states = tmp_path / "life" / "state"
        (states / "state_meta.json").write_text("{")
        newest = earlier_states(states / "state")[0]
        newest.prefix.with_name("state_meta.json").write_bytes(b"\0" * 100)
        assert driver.say("panic").outcome is Outcome.OK
        life = driver.engine._life
        assert life is not None and life.pinned_weight == 0.2
        told = "\n".join(event.text for event in driver.of(Output))
        assert "damaged" in told and "it goes on from the save of 20" in told and "kept in" in told
        assert [path.read_text() for path in states.glob("state.aside-*/state_meta.json")] == ["{"]
        assert driver.say("hello").outcome is Outcome.OK


def test_reset_is_a_newborn_until_it_is_saved(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    config = tiny_config(tiny_folders["llama"])
    with awake(tmp_path / "life", tiny_folders["llama"]) as life:
        born = copy_of_trained(life.composed)
        teach(life)
        life.generate(Ear(), "hello", 2)
        life.pin_weight(0.3)
        life.lifecycle.grow(["a"], 3.0)
        life.last_trained = 5.0
        life.save()
        life.reset(lambda *_: None)
        assert as_before(life, born) and not life.composed.gate.trained and not len(life.composed.memory)
        mind = (life.lifecycle.exposure, life.pinned_weight, life.last_trained, len(life.dreams), life.confidence.last)
        assert mind == (0.0, None, None, 0, None) and life.conversation.turns == []
        life.load(None, lambda *_: None)
        assert life.pinned_weight == 0.3 and life.lifecycle.exposure == 3.0 and life.composed.gate.trained
    assert config.get("base_model_name") == str(tiny_folders["llama"])


# -- a clock that is set back ------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_costs_no_state(tmp_path: Path) -> None:
    prefix = tmp_path / "state"
    for number, saved_at in enumerate((9000.0, 9001.0, 100.0, 101.0, 102.0)):
        write_state(prefix, SavedState({"n": number, "saved_at": saved_at}, {}), keep=2)
    held = read_state(prefix)
    assert held is not None and held.meta["n"] == 4
    kept = [read_state(one.prefix) for one in earlier_states(prefix)]
    assert [one.meta["n"] for one in kept if one] == [3, 2], "the two that were there last, whatever the clock said"


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    curiosity = Curiosity(asked_at=1e9)
    curiosity.spoken([" hello"], [0.9])
    assert curiosity.seconds_until_asking(5000.0, 1e6, 120.0, 900.0) == 900.0
    assert curiosity.seconds_until_asking(5600.0, 1e6, 120.0, 900.0) == 300.0
    assert curiosity.seconds_until_asking(5900.0, 1e6, 120.0, 900.0) == 0.0


def test_a_clock_that_is_set_back_hides_nothing_of_what_was_said_last(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        for number, when in enumerate((9000.0, 9001.0, 100.0, 101.0)):
            journal.record(conversation_id="a", prompt=str(number), response="", timestamp=when)
        journal.event("train", {}, timestamp=102.0)
        entries = journal.last_entries(3)
        assert [getattr(one, "prompt", "event") for one in entries] == ["2", "3", "event"]
        assert [one.prompt for one in journal.last(2)] == ["2", "3"]


def test_a_clock_that_is_set_back_makes_no_night_end_before_it_began(
    life: Lifeform, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = chain([5000.0], repeat(10.0))
    monkeypatch.setattr("engine.gestation.time.time", lambda: next(times))
    life.sleep(Watch())
    (night,) = life.journal.nights.last(1)
    assert night.began <= night.ended <= night.began + 600


# -- others at the journal ---------------------------------------------------------------------------------------------


def others(home: Path) -> sqlite3.Connection:
    """Another program that holds the journal."""
    holder = sqlite3.connect(home / "journal.sqlite3", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    return holder


def warnings(driver: Driver) -> list[str]:
    return [event.text for event in driver.of(Notice) if event.level == "warning"]


def test_a_journal_that_another_program_holds_costs_nothing(
    tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.01)
    home = tmp_path / "life"
    with running(home, tiny_config(tiny_folders["llama"])) as driver:
        driver.say("hello")
        holder = others(home)
        for text in ("good morning", "good night"):
            assert driver.say(text).outcome is Outcome.OK
        journal = driver.engine._life.journal  # type: ignore[union-attr]
        assert journal.count() == 1
        assert "2 entries wait in memory until another program has finished writing" in warnings(driver)[-1]
        assert all(line.isprintable() and str(home) in line for line in warnings(driver))
        holder.execute("ROLLBACK")
        holder.close()
        assert driver.say("and now?").outcome is Outcome.OK
        assert [one.prompt for one in journal] == ["hello", "good morning", "good night", "and now?"]


def test_what_waits_is_written_as_soon_as_it_is_quiet_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.01)
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        for text in ("one", "two"):
            holder = others(tmp_path)
            journal.record(conversation_id="a", prompt=text, response="")
            journal.event("train", {"n": text})
            assert journal.waiting == 2 and not journal.write_waiting()
            holder.close()
            if text == "one":
                assert journal.write_waiting() and journal.waiting == 0
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        assert [one.prompt for one in journal] == ["one", "two"]
        assert [one.data["n"] for one in journal.last_entries(9) if hasattr(one, "data")] == ["one", "two"]
