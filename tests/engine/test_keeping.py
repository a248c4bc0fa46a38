"""save, load and panic on the running engine, and what commands do while it is busy, asleep or has fallen over."""

from __future__ import annotations

import sqlite3
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from driving import Driver, running, tiny_config
from lives import marks

from engine import gestation
from engine.api import EngineFailed, EngineState, Outcome, Output
from engine.commands import COMMANDS
from engine.config import load_config
from engine.state_files import read_state


@pytest.fixture
def config(tiny_folders: dict[str, Path]) -> Any:
    return tiny_config(tiny_folders["llama"])


def told(driver: Driver) -> str:
    return "\n".join(event.text for event in driver.of(Output))


def life_of(driver: Driver) -> Any:
    return driver.engine._life


# -- save and load -----------------------------------------------------------------------------------------------------


def teach(driver: Driver) -> None:
    """Change the adapters as a sleep would."""
    import torch

    scaffold = life_of(driver).composed.scaffold
    scaffold.set_adapters({name: torch.full_like(t, 0.01) for name, t in scaffold.adapters().items()})


def test_what_is_saved_comes_back_and_a_newborn_comes_back_too(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        driver.say("/save born")
        driver.say("/tune cross 0.4")
        teach(driver)
        assert driver.say("save my_model").outcome is Outcome.OK
        assert "State saved to my_model_*.safetensors/json" in told(driver)
        before = marks(life_of(driver))
        driver.say("good morning")
        driver.say("/tune cross 0.7")

        assert driver.say("/load born").outcome is Outcome.OK
        assert not life_of(driver).composed.learned and life_of(driver).pinned_weight is None
        assert driver.say("/load my_model").outcome is Outcome.OK
        after = marks(life_of(driver))
        assert told(driver).endswith(
            "Scaffold state loaded.\nCross-attention state loaded.\nToken map loaded.\nMetadata loaded."
        )
        for name in ("adapters", "temperament", "confidence", "pinned", "token memory", "lifecycle"):
            assert after[name] == before[name], name
        assert driver.say("hello").outcome is Outcome.OK


@pytest.mark.parametrize("harm", ["missing", "damaged", "foreign"])
def test_a_state_that_is_no_good_changes_nothing(home: Path, config: Any, harm: str) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        driver.say("/save other")
        meta = home / "state" / "other_meta.json"
        match harm:
            case "missing":
                meta.unlink()
            case "damaged":
                meta.write_text(meta.read_text()[:200])
            case "foreign":
                meta.write_text(meta.read_text().replace("of 6 layers", "of 60 layers"))
        driver.say("good morning")
        before = marks(life_of(driver))
        composition = life_of(driver).composition
        done = driver.say("/load other")
        assert done.outcome is Outcome.REFUSED and "\n" not in done.message
        assert marks(life_of(driver)) == before and life_of(driver).composition is composition
        assert driver.say("hello").outcome is Outcome.OK


@pytest.mark.parametrize(("line", "stays_off"), [("/save", False), ("/config save", True)])
def test_memory_stays_off_until_it_ends_or_as_long_as_that_is_saved(
    home: Path, config: Any, tiny_folders: dict[str, Path], line: str, stays_off: bool
) -> None:
    with running(home, config) as driver:
        driver.say("memory off")
        driver.say("hello")
        assert driver.say(line).outcome is Outcome.OK
    settings = home / "config.json"
    config = load_config(settings)[0] if settings.exists() else tiny_config(tiny_folders["llama"])
    with running(home, config) as driver:
        driver.say("good morning")
        kept = [one.trainable for one in life_of(driver).journal if one.command == "chat"]
    assert kept == [False, not stays_off]


def test_rating_an_answer(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        assert driver.say("rate up").outcome is Outcome.REFUSED
        driver.say("hello")
        driver.say("good morning")
        assert driver.say("rate down").outcome is Outcome.OK
        assert driver.say("rate up 1").outcome is Outcome.OK
        assert [one.rating for one in life_of(driver).journal.last(2)] == [1, -1]
        assert "999" in driver.say("rate up 999").message


# -- panic -------------------------------------------------------------------------------------------------------------


def test_panic_keeps_what_there_is_and_goes_on_from_the_last_good_state(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        driver.say("save")
        good = life_of(driver).temperament.to_dict()
        driver.say("/tune cross 0.7")
        driver.say("good morning")
        conversation = life_of(driver).conversation.id
        assert driver.say("panic").outcome is Outcome.OK
        life = life_of(driver)
        assert life.temperament.to_dict() == good and life.pinned_weight is None
        assert life.conversation.id != conversation
        text = told(driver)
        assert "ERROR STATE: Rebooting synapses..." in text and "[System reloaded] State of 20" in text
        [folder] = (home / "panic").iterdir()
        kept = read_state(folder / "state")
        assert kept is not None and kept.meta["pinned_weight"] == 0.7
        with sqlite3.connect(folder / "journal.sqlite3") as copy:
            assert copy.execute("SELECT count(*) FROM interactions").fetchone() == (2,)
        assert driver.say("hello").outcome is Outcome.OK


def test_panic_of_a_newborn_and_one_whose_state_cannot_be_saved(
    home: Path, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(home, config) as driver:
        driver.say("hello")

        def broken(*_: Any) -> Any:
            raise RuntimeError("the weights are not numbers any more")

        monkeypatch.setattr("engine.rescue.capture", broken)
        assert driver.say("panic").outcome is Outcome.OK
        assert "not numbers any more" in told(driver) and "a newborn" in told(driver)
        assert driver.say("hello").outcome is Outcome.OK


def test_panic_stops_what_runs_and_what_waits(home: Path, config: Any) -> None:
    config.set("max_new_tokens", 4000)
    config.set("context_length", 10_000)
    config.set("enable_repetition_check", False)
    config.set("base_temperature", 1.5)
    with running(home, config) as driver:
        speaking = driver.engine.submit("tell me about the sea")
        waiting = driver.engine.submit("and about the river")
        driver.until(lambda: bool(driver.streamed(speaking)) or driver.done(speaking) is not None)
        panic = driver.engine.submit("panic")
        assert driver.wait(panic).outcome is Outcome.OK
        assert driver.wait(speaking).outcome in (Outcome.STOPPED, Outcome.OK)
        assert driver.wait(waiting).outcome is Outcome.STOPPED
        assert driver.engine.outbox.latest.state is EngineState.AWAKE


def test_panic_brings_back_an_engine_that_fell_over(home: Path, config: Any, tiny_folders: dict[str, Path]) -> None:
    config.set("base_model_name", str(home / "no-model"))
    with running(home, config) as driver:
        driver.until(lambda: bool(driver.of(EngineFailed)))
        assert driver.say("panic").outcome is Outcome.REFUSED
        assert driver.engine.outbox.latest.state is EngineState.FAILED
        driver.say(f'/config base_model_name "{tiny_folders["llama"]}"')
        assert driver.say("panic").outcome is Outcome.OK
        assert driver.engine.outbox.latest.state is EngineState.AWAKE
        assert driver.say("hello").outcome is Outcome.OK


# -- asleep, fallen over, still loading --------------------------------------------------------------------------------


def restless(life: Any, caller: Any) -> str:
    """A night that lasts until it is woken."""
    life.sleeping, life.waking = True, False
    try:
        while not (caller.cancelled() or life.waking):
            caller.attend(nullcontext)
            time.sleep(0.002)
    finally:
        life.sleeping = False
    return "Woken early."


@pytest.fixture
def asleep(home: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(gestation, "sleep", restless)
    config.set("sleep_quiet_seconds", 0.0)
    with running(home, config) as driver:
        driver.say("hello")
        night = driver.engine.submit("sleep")
        driver.until(lambda: life_of(driver).sleeping, "for it to sleep")
        yield driver, night


@pytest.mark.parametrize("line", ["/reset", "/load"])
def test_nothing_takes_the_models_from_under_a_sleep(asleep: Any, line: str) -> None:
    driver, night = asleep
    composition = life_of(driver).composition
    done = driver.say(line)
    assert done.outcome is Outcome.REFUSED and "wait" in done.message
    assert life_of(driver).composition is composition and driver.done(night) is None


def test_panic_ends_a_sleep(asleep: Any) -> None:
    driver, night = asleep
    assert driver.say("panic").outcome is Outcome.OK
    assert driver.done(night) is not None and not life_of(driver).sleeping


def test_speech_commands_and_chat_are_answered_in_between(asleep: Any) -> None:
    driver, night = asleep
    for line in ("hello", 'echo "the river"', "status", "save"):
        assert driver.say(line).outcome is Outcome.OK, line
    assert driver.done(night) is None
    driver.say("wake")
    assert driver.wait(night).outcome is Outcome.OK


def test_fallen_over_every_command_works_without_a_model_or_is_refused_in_one_line(home: Path, config: Any) -> None:
    config.set("base_model_name", str(home / "no-model"))
    with running(home, config) as driver:
        driver.until(lambda: bool(driver.of(EngineFailed)))
        for spec in COMMANDS:
            if spec.name in ("quit", "export", "config", "config save"):
                continue
            before = marks(life_of(driver))
            done = driver.say(f"/{spec.examples[0]}")
            assert done.outcome in (Outcome.OK, Outcome.REFUSED), (spec.name, done)
            assert done.outcome is Outcome.REFUSED or not spec.needs_model
            if done.outcome is Outcome.REFUSED:
                after = marks(life_of(driver))
                if spec.name == "panic":  # it has put things aside before it found that there is no model
                    before.pop("files"), after.pop("files")
                assert after == before and "\n" not in done.message
            assert driver.engine.outbox.latest.state is EngineState.FAILED


def test_while_it_loads_commands_wait_for_their_turn(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        ids = [driver.engine.submit(line) for line in ("/echo the sea", "/status", "/rewind", "/nonsense")]
        outcomes = [driver.wait(id).outcome for id in ids]
    assert outcomes == [Outcome.OK, Outcome.OK, Outcome.REFUSED, Outcome.REFUSED]
