"""A job that hangs is given up, and the engine goes on; so does it when somebody panics meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from driving import PATIENCE, Driver, running, tiny_config

from engine import gestation, watchdog
from engine.api import Done, EngineState, Notice, Outcome, Output, Started
from engine.lifeform import Lifeform
from engine.memory.journal import Journal
from engine.state_files import read_state
from engine.threads import GivenUp
from engine.watchdog import Pulse


class Hanging:
    """A job that hangs, until the test lets it go on."""

    def __init__(self) -> None:
        self.there, self.go, self.gone = threading.Event(), threading.Event(), threading.Event()
        self.threads: list[threading.Thread] = []

    def hang(self, after: Callable[[], Any]) -> None:
        self.threads.append(threading.current_thread())
        self.there.set()
        try:
            assert self.go.wait(PATIENCE)
            after()
        finally:
            self.gone.set()


class Clock:
    """What time the engine's pulse thinks it is."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    """``chat`` of a line with the word *hang* hangs; what it says afterwards, it would write down."""
    made, real = Hanging(), Lifeform.chat
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.01)

    def chat(life: Lifeform, listener: Any, text: str) -> Any:
        if "hang" in text:
            made.hang(lambda: real(life, listener, text))
        return real(life, listener, text)

    monkeypatch.setattr(Lifeform, "chat", chat)
    yield made
    made.go.set()


@pytest.fixture
def watched(home: Path, tiny_folders: dict[str, Path]) -> Iterator[tuple[Driver, Clock]]:
    with running(home, tiny_config(tiny_folders["llama"], watchdog_seconds=60.0)) as driver:
        clock = Clock()
        driver.say("hello")
        driver.say("/tune cross 0.4")
        driver.say("/save")
        driver.engine._pulse.clock = clock
        yield driver, clock


def told(driver: Driver) -> str:
    return "\n".join(event.text for kind in (Notice, Output) for event in driver.of(kind))


def let_go(driver: Driver, hanging: Hanging, home: Path) -> None:
    """What hung comes back to life: it ends, and leaves no trace."""
    before = driver.engine.outbox.latest
    hanging.go.set()
    assert hanging.gone.wait(PATIENCE)
    hanging.threads[0].join(PATIENCE)
    assert not hanging.threads[0].is_alive()
    assert driver.engine.outbox.latest is before
    with Journal.open(home / "journal.sqlite3", read_only=True) as journal:
        assert "hang" not in " ".join(one.prompt for one in journal)


def test_a_job_that_hangs_is_given_up_and_the_engine_goes_on(
    home: Path, watched: tuple[Driver, Clock], hanging: Hanging
) -> None:
    driver, clock = watched
    driver.say("/tune cross 0.7")
    hung = driver.engine.submit("now hang")
    waiting = driver.engine.submit("good morning")
    assert hanging.there.wait(PATIENCE)
    clock.now += 59.0
    driver.engine._look_after()
    assert driver.done(hung) is None
    clock.now += 2.0
    done = driver.wait(hung)
    assert done.outcome is Outcome.FAILED and "no sign of life for 60 s" in done.message
    assert driver.wait(waiting).outcome is Outcome.OK, "what waits is answered by the engine that took its place"
    snapshot = driver.engine.outbox.latest
    assert snapshot.state is EngineState.AWAKE and snapshot.weight_pinned and snapshot.interactions == 2
    assert driver.engine._life.pinned_weight == 0.4, "the last good state"  # type: ignore[union-attr]
    [folder] = (home / "panic").iterdir()
    kept = read_state(folder / "state")
    assert kept is not None and kept.meta["pinned_weight"] == 0.7
    assert f"given up. Kept in {folder}: journal, state" in told(driver)
    let_go(driver, hanging, home)
    assert driver.say("hello again").outcome is Outcome.OK
    assert [event.id for event in driver.of(Done)].count(hung) == 1


def test_panic_while_a_job_hangs(home: Path, watched: tuple[Driver, Clock], hanging: Hanging) -> None:
    driver, clock = watched
    driver.say("/tune cross 0.7")
    hung = driver.engine.submit("now hang")
    assert hanging.there.wait(PATIENCE)
    panic = driver.engine.submit("panic")
    clock.now += 9.0
    driver.engine._look_after()
    assert driver.done(hung) is None
    clock.now += 2.0
    assert driver.wait(panic).outcome is Outcome.OK
    assert driver.wait(hung).outcome is Outcome.FAILED
    assert "[System reloaded] State of 20" in told(driver)
    [folder] = (home / "panic").iterdir()
    kept = read_state(folder / "state")
    assert kept is not None and kept.meta["pinned_weight"] == 0.7
    with sqlite3.connect(folder / "journal.sqlite3") as copy:
        assert copy.execute("SELECT count(*) FROM interactions").fetchone() == (1,)
    assert driver.engine.outbox.latest.state is EngineState.AWAKE
    let_go(driver, hanging, home)
    assert driver.say("hello again").outcome is Outcome.OK


def test_a_sleep_that_hangs_is_left_and_not_begun_again_by_itself(
    home: Path, watched: tuple[Driver, Clock], hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, clock = watched

    def night(life: Lifeform, caller: Any) -> str:
        gestation._set_sleeping(life, True)
        try:
            hanging.hang(caller.cancelled)
        finally:
            gestation._set_sleeping(life, False)
        return "Slept."

    monkeypatch.setattr(gestation, "sleep", night)
    monkeypatch.setattr(gestation, "tired", lambda _: True)
    driver.engine.config.set("sleep_quiet_seconds", 0.0)
    driver.engine.submit("status")  # it is looked at anew, and falls asleep
    assert hanging.there.wait(PATIENCE)
    assert driver.engine.config.get("is_sleeping") and (home / "asleep").exists()
    hanging.there.clear()
    clock.now += 61.0
    driver.until(lambda: "given up" in told(driver) and driver.engine.outbox.latest.state is EngineState.AWAKE)
    assert not driver.engine.config.get("is_sleeping") and not (home / "asleep").exists()
    let_go(driver, hanging, home)
    sleeps = [event for event in driver.of(Started) if event.name == "sleep"]
    assert len(sleeps) == 1 and driver.engine._impulse(0.0) is None
    driver.engine.submit("status")
    driver.until(lambda: driver.of(Started)[-1].name == "sleep", "for it to sleep again")


def test_a_thread_that_was_given_up_ends_at_its_next_sign_of_life() -> None:
    clock = Clock()
    pulse, ended = Pulse(clock), []
    go = threading.Event()

    def work() -> None:
        go.wait(PATIENCE)
        try:
            pulse.beat()
        except GivenUp:
            ended.append(True)

    hung = threading.Thread(target=work)
    pulse.pass_to(hung)
    assert pulse.silence < 0
    hung.start()
    pulse.pass_to(threading.current_thread())
    go.set()
    hung.join(PATIENCE)
    assert ended == [True]


def test_a_sign_of_life_in_the_last_moment_counts() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    pulse.pass_to(threading.current_thread())
    pulse.beat()
    clock.now = 60.0
    assert pulse.silence == 60.0
    pulse.beat()
    assert not pulse.pass_to(threading.Thread(), silence=60.0) and pulse.mine
    pulse.rest()
    clock.now = 1e9
    assert not pulse.pass_to(threading.Thread(), silence=60.0), "it waits for somebody"
