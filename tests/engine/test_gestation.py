"""Nights of a tiny lifeform: the mechanics of sleeping, whatever a random model can learn."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import observing
import pytest
import torch
from driving import Driver, running, tiny_config
from short_nights import shorten_nights

from engine.api import Dreamt, EngineState, MemoryAudited, Notice, Outcome, Output, SleepPhase, TrainingStep, Woke
from engine.composition.trained import copy_of_trained
from engine.learning import sleep as nights
from engine.learning.dreaming import DreamQuestion
from engine.memory.journal import Journal
from engine.memory.memories import Verdict

FACTS = observing.FACTS[:3]


@pytest.fixture
def config(tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Any:
    shorten_nights(monkeypatch)
    config = tiny_config(tiny_folders["llama"], sleep_quiet_seconds=0.0, enable_gestation=False)
    config.set("context_length", 1024)
    return config


SLOWER = ["key-value", pytest.param("bridge", marks=pytest.mark.slow)]


@pytest.fixture
def formed(request: pytest.FixtureRequest, config: Any, tiny_folders: dict[str, Path]) -> Any:
    """The configuration of a lifeform of either form: in bridge form of two models that cut words otherwise."""
    if request.param == "bridge":
        config.set("scaffold_model_name", str(tiny_folders["other"]))
    return config


def weights(driver: Driver) -> dict[str, torch.Tensor]:
    life = driver.engine._life
    assert life is not None
    return copy_of_trained(life.composed)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def agree_to_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")


@pytest.mark.parametrize("formed", ["key-value", "bridge"], indirect=True)
def test_a_night_goes_through_its_phases_and_writes_everything_down(
    home: Path, formed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree_to_everything(monkeypatch)
    with running(home, formed) as driver:
        driver.tell(FACTS)
        driver.say("Hello, how are you?")
        newborn = weights(driver)
        done = driver.say("sleep")
        assert done.outcome is Outcome.OK, done.message
        phases = [event.phase for event in driver.of(SleepPhase)]
        assert phases == ["falling asleep", "dreaming", "training", "auditing", "waking"]
        assert [s.step for s in driver.of(TrainingStep)] == list(range(1, driver.of(TrainingStep)[0].steps + 1))
        assert {event.memory for event in driver.of(MemoryAudited)} == set(FACTS)
        assert driver.of(Dreamt) and len(driver.of(Woke)) == 1
        assert not same(newborn, weights(driver))
        snapshot = driver.engine.outbox.latest
        assert snapshot.state is EngineState.AWAKE and not snapshot.gestating
        assert snapshot.unslept == 0 and snapshot.exposure > 0 and snapshot.last_trained is not None
        text = "\n".join(e.text for e in driver.of(Output))
        assert "not learned (a question): Hello, how are you?" in text
        learned = weights(driver)
    with running(home, formed) as driver:
        driver.until(lambda: driver.engine.outbox.latest.state is EngineState.AWAKE)
        assert same(learned, weights(driver))
        assert driver.engine.outbox.latest.learned
    with Journal.open(home / "journal.sqlite3") as journal:
        assert {memory.text for memory in journal.memories.all()} == set(FACTS)
        assert all(memory.sleeps == 1 and memory.audited_at for memory in journal.memories.all())


@pytest.mark.parametrize("formed", SLOWER, indirect=True)
def test_a_night_that_is_no_better_leaves_every_bit_as_it_was(
    home: Path, formed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "it would answer no more")
    with running(home, formed) as driver:
        driver.tell(FACTS)
        before = weights(driver)
        logits = driver.say("generate hello there 4 --temperature 0").text
        driver.say("sleep")
        assert same(before, weights(driver))
        assert not driver.engine.outbox.latest.learned
        assert driver.say("generate hello there 4 --temperature 0").text == logits
        assert "kept nothing of it" in "\n".join(e.text for e in driver.of(Output))
        assert {event.verdict for event in driver.of(MemoryAudited)} == {"refused"}


@pytest.mark.parametrize("formed", SLOWER, indirect=True)
def test_less_of_a_change_is_tried_before_all_of_it_is_given_up(
    home: Path, formed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    real = nights._between

    def noting(before: Any, after: Any, scale: float) -> Any:
        asked.append(scale)
        return real(before, after, scale)

    monkeypatch.setattr(nights, "_between", noting)
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "" if asked[-1] <= 0.5 else "too much")
    with running(home, formed) as driver:
        driver.tell(FACTS)
        driver.say("sleep")
        assert asked == [1.0, 0.75, 0.5]
        assert "Kept 50% of the change" in "\n".join(e.text for e in driver.of(Output))


@pytest.mark.parametrize("formed", SLOWER, indirect=True)
def test_chat_during_a_night_is_answered_at_once_by_the_weights_of_before(
    home: Path, formed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree_to_everything(monkeypatch)
    with running(home, formed) as driver:
        driver.tell(FACTS)
        awake = driver.say("generate hello there 6 --temperature 0").text
        with driver.paced(TrainingStep) as step:
            number = driver.engine.submit("sleep")
            step(2)
            asked = driver.engine.submit("generate hello there 6 --temperature 0")
        answer, night = driver.wait(asked), driver.wait(number)
        assert answer.text == awake
        before = driver.events[: driver.events.index(answer)]
        assert [event.step for event in before if isinstance(event, TrainingStep)] == [1, 2]
        assert night.outcome is Outcome.OK and night not in before, "the night goes on"
        assert driver.of(TrainingStep)[-1].step == driver.of(TrainingStep)[-1].steps


@pytest.mark.parametrize(
    ("formed", "how"),
    [("key-value", "wake"), ("key-value", "stop"), ("key-value", "config is_sleeping off"), ("bridge", "wake")],
    indirect=["formed"],
)
def test_waking_it_up_undoes_the_night(home: Path, formed: Any, how: str) -> None:
    with running(home, formed) as driver:
        driver.tell(FACTS)
        before = weights(driver)
        with driver.paced(TrainingStep) as step:
            number = driver.engine.submit("sleep")
            step(2)
            assert driver.engine.config.get("is_sleeping")
            if how == "stop":
                driver.engine.stop()
            else:
                woken = driver.engine.submit(how)
        if how != "stop":
            assert driver.wait(woken).outcome is Outcome.OK
        driver.wait(number)
        assert len(driver.of(TrainingStep)) == 2
        assert same(before, weights(driver))
        assert driver.engine.outbox.latest.unslept == len(FACTS)
        assert not driver.engine.config.get("is_sleeping")
        assert driver.say("hello").outcome is Outcome.OK


@pytest.mark.parametrize("formed", SLOWER, indirect=True)
def test_a_diverging_night_is_stopped_undone_and_told(home: Path, formed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    formed.set("learning_rate", 0.1)
    monkeypatch.setattr(nights, "_FEWEST_STEPS", 6)
    real = nights.train

    def poisoned(learner: Any, *args: Any, **kwargs: Any) -> Any:
        for number, step in enumerate(real(learner, *args, **kwargs)):
            if number == 2:
                with torch.no_grad():
                    learner.parameters[0].fill_(float("nan"))
            yield step

    monkeypatch.setattr(nights, "train", poisoned)
    with running(home, formed) as driver:
        driver.tell(FACTS)
        before = weights(driver)
        assert driver.say("sleep").outcome is Outcome.OK
        assert same(before, weights(driver))
        assert "A bad night" in "\n".join(e.text for e in driver.of(Output))


@pytest.mark.parametrize("formed", SLOWER, indirect=True)
def test_a_disk_that_fills_up_while_saving_costs_only_the_night(
    home: Path, formed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.lifeform import Lifeform
    from engine.state_files import StateError

    agree_to_everything(monkeypatch)
    with running(home, formed) as driver:
        driver.tell(FACTS)
        before = weights(driver)
        with monkeypatch.context() as patch:

            def full(*_: Any) -> None:
                raise StateError("cannot save the state: No space left on device")

            patch.setattr(Lifeform, "save", full)
            done = driver.say("sleep")
        assert done.outcome is Outcome.REFUSED and "No space left" in done.message
        assert same(before, weights(driver))
        assert driver.engine.outbox.latest.unslept == len(FACTS) and driver.engine.outbox.latest.exposure == 0


def test_with_nothing_to_learn_it_just_sleeps(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        assert driver.say("sleep").outcome is Outcome.OK
        driver.say("hello")
        assert driver.say("sleep").outcome is Outcome.OK
        assert not driver.of(TrainingStep)
        assert "nothing new to learn" in "\n".join(e.text for e in driver.of(Output))


def test_dreams_add_rows_and_no_steps(home: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(_learner: Any, memories: Any, *_: Any) -> list[DreamQuestion]:
        return [DreamQuestion(one, f"Which is {n}?", one.value, kept=True) for one in memories for n in "abcdefgh"]

    monkeypatch.setattr(nights, "_ROUNDS", 4)
    monkeypatch.setattr(nights, "questions", asked)
    slept: dict[bool, dict[str, Any]] = {}
    for dreams in (True, False):
        config.set("enable_dreaming", dreams)
        with running(home.with_name(f"dreams-{dreams}"), config) as driver:
            driver.tell(FACTS)
            driver.say("sleep")
            assert driver.engine._life is not None
            entries = driver.engine._life.journal.last_entries(10)
            slept[dreams] = next(entry.data for entry in entries if getattr(entry, "kind", "") == "sleep")
    assert slept[True]["rows"] == slept[False]["rows"] + 8 * len(FACTS)
    assert slept[True]["steps"] == slept[False]["steps"] > 3


def test_without_sleep_training_it_dreams_and_trains_nothing(home: Path, config: Any) -> None:
    config.set("enable_sleep_training", False)
    with running(home, config) as driver:
        driver.tell(FACTS)
        before = weights(driver)
        driver.say("sleep")
        assert [event.phase for event in driver.of(SleepPhase)] == ["falling asleep", "dreaming", "waking"]
        assert same(before, weights(driver))


def test_adapters_off_means_there_is_nothing_to_train(home: Path, config: Any) -> None:
    config.set("enable_lora_adapters", False)
    with running(home, config) as driver:
        done = driver.say("sleep")
        assert done.outcome is Outcome.REFUSED and "nothing to train" in done.message


@pytest.mark.slow
def test_without_adapters_a_night_teaches_the_bridge_alone(
    home: Path, config: Any, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    agree_to_everything(monkeypatch)
    config.set("scaffold_model_name", str(tiny_folders["gpt2"]))
    config.set("enable_lora_adapters", False)
    with running(home, config) as driver:
        driver.tell(FACTS)
        assert driver.say("sleep").outcome is Outcome.OK
        learned = weights(driver)
        assert driver.engine.outbox.latest.learned and not any("lora_" in name for name in learned)
    with running(home, config) as driver:
        driver.until(lambda: driver.engine.outbox.latest.state is EngineState.AWAKE)
        assert same(learned, weights(driver)) and driver.engine.outbox.latest.learned


def test_it_falls_asleep_by_itself_when_tired_and_quiet(
    home: Path, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree_to_everything(monkeypatch)
    monkeypatch.setattr("engine.gestation.sleep_threshold", lambda *_: 0.0)
    config.set("sleep_log_min", 5)
    config.set("enable_gestation", True)
    with running(home, config) as driver:
        driver.tell(FACTS)
        driver.say("hello")
        assert not driver.of(SleepPhase)
        driver.say("good night")
        driver.until(lambda: bool(driver.of(Woke)), "for a night of its own accord")
        driver.until(lambda: driver.engine.outbox.latest.unslept == 0)


def test_sent_to_sleep_by_its_setting_it_sleeps_once_and_only_when_quiet(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        driver.say("config is_sleeping on")
        driver.until(lambda: bool(driver.of(Woke)), "for the night it was sent to")
        assert not driver.engine.config.get("is_sleeping") and not driver.engine.outbox.latest.gestating
        assert driver.say("hello").outcome is Outcome.OK
    assert len(driver.of(Woke)) == 1


def test_forgetting_reaches_the_next_night(home: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    agree_to_everything(monkeypatch)
    with running(home, config) as driver:
        driver.tell(FACTS)
        driver.say("sleep")
        assert driver.say("/forget 99").outcome is Outcome.REFUSED
        assert driver.say("/forget 1").outcome is Outcome.OK
        assert driver.say("/forget 1").outcome is Outcome.REFUSED
        driver.events.clear()
        driver.say("sleep")
        assert FACTS[0] not in {event.memory for event in driver.of(MemoryAudited)}
        assert driver.of(TrainingStep), "unlearning is work, too"
    with Journal.open(home / "journal.sqlite3") as journal:
        assert journal.memories.get(1).verdict is Verdict.FORGOTTEN  # type: ignore[union-attr]


def test_a_correction_takes_the_place_of_the_older_fact(
    home: Path, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree_to_everything(monkeypatch)
    with running(home, config) as driver:
        driver.tell(FACTS)
        driver.say("sleep")
        driver.say("Actually, my cat is called Mirtle.")
        driver.events.clear()
        driver.say("sleep")
        audited = {event.memory for event in driver.of(MemoryAudited)}
        assert FACTS[0] not in audited and any("Mirtle" in memory for memory in audited)


def test_dreaming_says_the_line_of_the_specification(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        assert driver.say("dream").outcome is Outcome.OK
        driver.tell(FACTS)
        driver.events.clear()
        driver.say("dream")
        lines = [e.text for e in driver.of(Output)]
        assert lines[0] == "--- Dreaming ---" and lines[-1] == "--- Dream Concluded ---"
        assert lines[1].startswith("Dreaming from prompt similarity: ") and "dream count: 3" in lines[1]
        assert not driver.of(TrainingStep)


CHILD = """
import sys
sys.path[:0] = sys.argv[4].split(":")
from pathlib import Path
from driving import Driver, running, tiny_config
from engine.learning import sleep as nights
from engine.api import SleepPhase, TrainingStep
nights._FEWEST_STEPS, nights._ROUNDS = 100_000, 0.1  # never through, however late the signal comes
config = tiny_config(Path(sys.argv[2]), sleep_quiet_seconds=0.0, enable_gestation=False, context_length=1024)
config.set("scaffold_model_name", sys.argv[3])
with running(Path(sys.argv[1]), config) as driver:
    number = driver.engine.submit("sleep")
    while True:
        for event in driver.drain():
            if isinstance(event, (SleepPhase, TrainingStep)):
                print(getattr(event, "phase", "step"), flush=True)
"""


@pytest.mark.parametrize("formed", SLOWER, indirect=True)
@pytest.mark.parametrize(
    "when",
    ["step", *(pytest.param(phase, marks=pytest.mark.slow) for phase in ("falling asleep", "dreaming", "training"))],
)
def test_killed_in_the_middle_it_wakes_as_it_was(
    home: Path, formed: Any, tiny_folders: dict[str, Path], when: str
) -> None:
    with running(home, formed) as driver:
        driver.tell(FACTS)
        before = weights(driver)
    files = {p.name: p.read_bytes() for p in (home / "state").iterdir()}
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD,
            str(home),
            str(tiny_folders["llama"]),
            formed.get("scaffold_model_name"),
            ":".join(sys.path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    for line in child.stdout:
        if line.strip() == when:
            break
    time.sleep(random.Random(when).random() * 0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert {p.name: p.read_bytes() for p in (home / "state").iterdir()} == files
    with running(home, formed) as driver:
        driver.until(lambda: driver.engine.outbox.latest.state is EngineState.AWAKE)
        assert same(before, weights(driver))
        assert driver.engine.outbox.latest.unslept == len(FACTS)
        assert ["last sleep was cut off" in notice.text for notice in driver.of(Notice)] == [True]
    with running(home, formed) as driver:
        driver.until(lambda: driver.engine.outbox.latest.state is EngineState.AWAKE)
        assert not driver.of(Notice)


def test_a_night_that_waits_for_the_user_can_still_be_stopped(home: Path, config: Any) -> None:
    config.set("sleep_quiet_seconds", 3600.0)
    with running(home, config) as driver:
        driver.tell(FACTS)
        with driver.paced(SleepPhase) as step:
            number = driver.engine.submit("sleep")
            step()
            greeting = driver.engine.submit("hello")
        driver.wait(greeting)
        assert driver.done(number) is None
        driver.engine.stop(number)
        driver.say("good morning")
        driver.wait(number)
        assert driver.engine.outbox.latest.unslept >= len(FACTS)
