"""What it does of its own accord when it is quiet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from driving import running, tiny_config
from lives import awake

from engine.api import Outcome, Passage, Progress, Started
from engine.impulse import Impulse, next_impulse
from engine.lifeform import Lifeform
from engine.mind.curiosity import Curiosity

NOW = 1_000_000.0


@pytest.fixture
def config(tiny_folders: dict[str, Path]) -> Any:
    return tiny_config(tiny_folders["llama"], curiosity_silence_seconds=5, curiosity_cooldown_seconds=0)


def test_what_comes_first(tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    with awake(tmp_path / "life", tiny_folders["llama"]) as life:
        assert next_impulse(life, 20, NOW) == Impulse("/spark --ask", 100.0), "a newborn greets the world"
        life.curiosity.asked(NOW - 800)
        assert next_impulse(life, 20, NOW) == Impulse("/spark --ask", 100.0), "born again, but within the cooldown"
        assert next_impulse(life, 20, NOW - 700) == Impulse("/spark --ask", 800.0)
        life.set_config("has_woken", True)
        assert next_impulse(life, 1e6, NOW) is None
        life.curiosity = Curiosity()
        life.curiosity.spoken([" hello"], [0.9])
        assert next_impulse(life, 20, NOW) == Impulse("/spark --ask", 100.0)
        assert next_impulse(life, 500, NOW) == Impulse("/spark --ask", 0.0)
        monkeypatch.setattr(Lifeform, "tired", True)
        assert next_impulse(life, 20, NOW) == Impulse("/sleep", 10.0)
        monkeypatch.setattr(Lifeform, "tired", False)
        life.set_config("enable_curiosity", False)
        assert next_impulse(life, 500, NOW) is None


class Clock:
    """A silence that the test lets pass: 100 seconds of it are enough to ask."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.looks = 0.0, 0
        monkeypatch.setattr("engine.runtime.time.monotonic", lambda: self.now)
        monkeypatch.setattr(Curiosity, "seconds_until_asking", self._wait)

    def _wait(self, now: float, quiet: float, silence: float, cooldown: float, **_: bool) -> float | None:
        self.looks += 1
        return 0.0 if quiet >= 100 else 0.002


def asked(driver: Any) -> list[Any]:
    return [event for event in driver.of(Passage) if event.role == "question"]


def look_again(driver: Any, clock: Clock) -> None:
    """Wait until the engine has looked at the clock some more."""
    looks = clock.looks
    driver.until(lambda: clock.looks > looks + 3, "for the engine to look at the clock")


def test_it_asks_when_it_was_quiet_and_typing_puts_it_off(
    tmp_path: Path, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    with running(tmp_path / "life", config) as driver:
        driver.say("hello, my cat is called Zorblax")
        clock.now = 90.0
        driver.engine.stir()
        clock.now = 150.0
        look_again(driver, clock)
        assert asked(driver) == []
        clock.now = 200.0
        driver.until(lambda: bool(asked(driver)), "for a question")
        question = asked(driver)[0]
        assert Started(question.id, "spark") in driver.events
        assert driver.wait(question.id).text == question.text


def stir(driver: Any) -> None:
    driver.engine.stir()


def say_something(driver: Any) -> None:
    driver.engine.submit("status")


@pytest.mark.parametrize("interrupt", [stir, say_something])
def test_a_question_it_is_still_thinking_of_is_given_up_without_a_word(
    tmp_path: Path, config: Any, monkeypatch: pytest.MonkeyPatch, interrupt: Any
) -> None:
    clock = Clock(monkeypatch)
    with running(tmp_path / "life", config) as driver:
        driver.say("hello, my cat is called Zorblax")
        with driver.paced(Progress) as step:
            clock.now = 100.0
            step()
            interrupt(driver)
        wondered = next(event.id for event in driver.of(Started) if event.name == "spark")
        done = driver.wait(wondered)
        assert (done.outcome, done.text, asked(driver)) == (Outcome.OK, "", [])
        assert driver.engine._life is not None and driver.engine._life.journal.count() == 1


def test_only_once_until_something_is_said(tmp_path: Path, config: Any) -> None:
    with running(tmp_path / "life", config) as driver:
        driver.say("hello, my cat is called Zorblax")
        first = driver.say("spark --ask")
        life = driver.engine._life
        assert life is not None and next_impulse(life, 1e6, time.time() + 1e6) is None
        before = driver.say("what was that").stats.prompt_tokens
        assert next_impulse(life, 1e6, time.time() + 1e6) == Impulse("/spark --ask", 0.0)
        assert first.text.endswith("?") and before > 30
