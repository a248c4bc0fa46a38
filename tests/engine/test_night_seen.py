"""What a night lets others see: its dreams and progress as events, its pause, and the diary that remains of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import observing
import pytest
from driving import running, tiny_config
from short_nights import shorten_nights

from engine import Home, JournalError, read_diary
from engine.api import Dreamt, EngineState, MemoryAudited, Outcome, Output, Progress, Replayed, TrainingStep, Woke
from engine.learning import pace
from engine.learning import sleep as nights

FACTS = observing.FACTS[:3]


@pytest.fixture
def config(tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    shorten_nights(monkeypatch)
    monkeypatch.setattr(pace, "_SECONDS", 0.0)
    config = tiny_config(tiny_folders["llama"], sleep_quiet_seconds=0.0, enable_gestation=False)
    config.set("context_length", 1024)
    return config


def test_what_was_seen_of_a_night_is_what_the_diary_keeps(
    home: Path, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")
    with running(home, config) as driver:
        driver.tell(FACTS)
        assert driver.say("sleep").outcome is Outcome.OK
        replayed, asked, steps = driver.of(Replayed), driver.of(Dreamt), driver.of(TrainingStep)
        assert [one.memory for one in sorted(replayed, key=lambda one: one.memory_id)] == list(FACTS)
        assert {one.memory_id for one in asked} == {1, 2, 3}
        labels = {one.label for one in driver.of(Progress) if one.id == asked[0].id}
        assert labels == {"asking itself", "checking what it knows"}
        assert all(0 < one.done <= one.total for one in driver.of(Progress) if one.label in labels)
        assert driver.of(Woke)[0].kept == 1.0
        snapshot = driver.engine.outbox.latest
        assert [memory for memory, _ in snapshot.dreams] == [one.memory_id for one in replayed]
        assert snapshot.dreams[-1][1] == 1.0 and snapshot.dreams[0][1] < 1.0

        diary = read_diary(Home(home))  # while the engine has the journal open
        (night,) = diary.nights
        assert night.outcome == "slept" and night.headline == driver.of(Woke)[0].message
        assert [(one.memory_id, one.noise) for one in night.dreams] == [(one.memory_id, one.noise) for one in replayed]
        assert {(one.question, one.kept) for one in night.questions} == {(one.question, one.kept) for one in asked}
        assert night.losses == tuple(round(step.loss, 5) for step in steps) and len(night.drifts) == len(steps)
        audited = {(one.memory_id, one.memory, one.verdict, one.before, one.after) for one in driver.of(MemoryAudited)}
        assert {(one.memory_id, one.text, one.verdict, one.before, one.after) for one in night.memories} == audited
        assert [name for name, _ in night.phases] == ["falling asleep", "dreaming", "training", "auditing", "waking"]
        assert [memory.text for memory in diary.memories] == list(FACTS)


def test_a_held_night_rests_and_goes_on_where_it_was(home: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")
    with running(home, config) as driver:
        driver.tell(FACTS)
        assert driver.say("sleep pause").outcome is Outcome.REFUSED
        with driver.paced(TrainingStep) as step:
            number = driver.engine.submit("sleep")
            step(2)
            held = driver.engine.submit("sleep pause")
            refused, chat = driver.engine.submit("sleep pause"), driver.engine.submit("generate hello 4")
        assert driver.wait(held).outcome is Outcome.OK
        assert driver.wait(refused).outcome is Outcome.REFUSED
        assert driver.wait(chat).outcome is Outcome.OK, "one can talk to it all the same"
        snapshot = driver.engine.outbox.latest
        assert snapshot.paused and snapshot.gestating and snapshot.state is EngineState.TRAINING
        assert len(driver.of(TrainingStep)) == 2
        assert driver.say("sleep resume").outcome is Outcome.OK
        assert driver.wait(number).outcome is Outcome.OK
        assert len(driver.of(TrainingStep)) == driver.of(TrainingStep)[-1].steps > 2
        assert not driver.engine.outbox.latest.paused
        assert driver.say("sleep resume").outcome is Outcome.REFUSED


@pytest.mark.parametrize("how", ["wake", "stop"])
def test_a_held_night_can_be_ended(home: Path, config: Any, how: str) -> None:
    config.set("sleep_quiet_seconds", 600.0)  # it does not wait for quiet before it wakes
    with running(home, config) as driver:
        driver.tell(FACTS)
        with driver.paced(TrainingStep) as step:
            number = driver.engine.submit("sleep")
            step(2)
            held = driver.engine.submit("sleep pause")
        driver.wait(held)
        if how == "wake":
            assert driver.say("wake").outcome is Outcome.OK
        else:
            driver.engine.stop(number)
        driver.wait(number)
        snapshot = driver.engine.outbox.latest
        assert not snapshot.paused and not snapshot.gestating and snapshot.state is EngineState.AWAKE
        assert "Woken early" in "\n".join(event.text for event in driver.of(Output))
        (night,) = read_diary(Home(home)).nights
        assert night.outcome == "woken" and night.headline.startswith("Woken early")


def test_a_night_is_woken_at_once_however_long_it_waits_for_quiet(home: Path, config: Any) -> None:
    config.set("sleep_quiet_seconds", 600.0)
    with running(home, config) as driver:
        driver.tell(FACTS)
        with driver.paced(TrainingStep) as step:
            number = driver.engine.submit("sleep")
            step(1)
            driver.engine.submit("wake")
        driver.wait(number)
        assert len(driver.of(TrainingStep)) == 1


def test_a_home_without_a_journal_has_an_empty_diary(home: Path) -> None:
    diary = read_diary(Home(home))
    assert (diary.nights, diary.memories) == ((), ())
    assert not home.exists()


def test_a_journal_that_is_none_is_said_in_one_line(home: Path) -> None:
    home.mkdir()
    (home / "journal.sqlite3").write_text("no database at all, whatever its name says" * 50)
    with pytest.raises(JournalError, match="not a readable journal") as caught:
        read_diary(Home(home))
    assert "\n" not in str(caught.value)
