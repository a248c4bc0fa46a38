"""Bad input while the engine is loading, speaking, asleep or broken: refused in one line, and nothing changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bad_lines import bad_lines
from driving import PATIENCE, Driver, running, tiny_config
from lives import marks
from short_nights import shorten_nights

from engine.api import EngineFailed, EngineState, Outcome, TextChunk, TrainingStep
from engine.commands import COMMANDS, CommandSpec, parse
from engine.learning import sleep as nights
from engine.lifeform import Lifeform

EVERY_COMMAND = pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: one.name)


def life_of(driver: Driver) -> Lifeform:
    life = driver.engine._life
    assert life is not None
    return life


def submit_all(driver: Driver, *specs: CommandSpec) -> dict[str, int]:
    """Hand in all that is no good for the commands; returns the numbers of the lines."""
    numbers = {line: driver.engine.submit(line) for spec in specs for line in bad_lines(spec).values()}
    assert len(numbers) >= len(specs)
    return numbers


def all_refused(driver: Driver, numbers: dict[str, int]) -> None:
    for line, number in numbers.items():
        done = driver.wait(number)
        assert done.outcome is Outcome.REFUSED, line[:80]
        assert done.message and "\n" not in done.message and len(done.message) < 600, line[:80]


def test_while_it_is_loading(tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    loading, go = threading.Event(), threading.Event()
    before: dict[str, Any] = {}

    def slowly(life: Lifeform, report: Any, _awaken: Any = Lifeform.awaken) -> None:
        loading.set()
        assert go.wait(PATIENCE)
        _awaken(life, report)
        before.update(marks(life))

    monkeypatch.setattr(Lifeform, "awaken", slowly)
    with running(tmp_path / "life", tiny_config(tiny_folders["llama"])) as driver:
        assert loading.wait(PATIENCE)
        numbers = submit_all(driver, *COMMANDS)
        assert driver.engine.outbox.latest.state is EngineState.LOADING
        go.set()
        all_refused(driver, numbers)
        assert marks(life_of(driver)) == before


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    """An engine whose model is not there."""
    home = tmp_path_factory.mktemp("broken")
    with running(home / "life", tiny_config(home / "no-model")) as driver:
        driver.until(lambda: bool(driver.of(EngineFailed)), "for the failure")
        yield driver


@EVERY_COMMAND
def test_while_it_is_broken(broken: Driver, spec: CommandSpec) -> None:
    before = marks(life_of(broken))
    all_refused(broken, submit_all(broken, spec))
    assert marks(life_of(broken)) == before
    assert broken.engine.outbox.latest.state is EngineState.FAILED


@pytest.fixture(scope="module")
def awake(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Driver]:
    with running(tmp_path_factory.mktemp("awake") / "life", tiny_config(tiny_folders["llama"])) as driver:
        yield driver


@EVERY_COMMAND
def test_while_it_is_speaking(awake: Driver, spec: CommandSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    before: dict[str, Any] = {}

    def chat(life: Lifeform, *given: Any, _chat: Any = Lifeform.chat) -> Any:
        answer = _chat(life, *given)
        before.update(marks(life))
        return answer

    monkeypatch.setattr(Lifeform, "chat", chat)
    awake.say("new")
    with awake.paced(TextChunk) as step:
        said = awake.engine.submit("tell me about the sea")
        step()
        assert awake.engine.outbox.latest.state is EngineState.SPEAKING
        numbers = submit_all(awake, spec)
    assert awake.wait(said).outcome is Outcome.OK
    all_refused(awake, numbers)
    assert marks(life_of(awake)) == before


@dataclass
class Night:
    """An engine in the middle of a night."""

    driver: Driver
    step: Callable[[int], None]
    """Lets it train so many steps more; what was said meanwhile is heard in between."""
    held: dict[str, int] = field(default_factory=dict)
    """Lines that have to wait for the morning."""


@pytest.fixture(scope="module")
def asleep(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Night]:
    """Woken after the last test: then all must be as it was on the evening before."""
    config = tiny_config(tiny_folders["llama"], sleep_quiet_seconds=0.0, enable_gestation=False, context_length=1024)
    home = tmp_path_factory.mktemp("asleep") / "life"
    with pytest.MonkeyPatch.context() as patch, running(home, config) as driver:
        shorten_nights(patch)
        patch.setattr(nights, "_FEWEST_STEPS", 2 * len(COMMANDS))
        driver.say("My cat is called Zorblax.")
        evening = marks(life_of(driver))
        with driver.paced(TrainingStep) as step:
            sleep = driver.engine.submit("sleep")
            step(1)
            night = Night(driver, step)
            yield night
            driver.engine.submit("wake")
        assert driver.wait(sleep).outcome is Outcome.OK
        all_refused(driver, night.held)
        morning = marks(life_of(driver))
        changed = {name for name in evening if morning[name] != evening[name]}
        assert changed == {"entries", "memories"}  # that it was woken, and what the night found to learn


@EVERY_COMMAND
def test_while_it_is_asleep(asleep: Night, spec: CommandSpec) -> None:
    life = life_of(asleep.driver)
    before = {name: mark for name, mark in marks(life).items() if name != "adapters"}  # those are in training
    assert asleep.driver.engine.outbox.latest.gestating
    numbers = submit_all(asleep.driver, spec)
    if spec.long:  # one long job at a time: only what is no command at all is refused at once
        asleep.held |= {line: number for line, number in numbers.items() if parse(line).kind == "command"}
        numbers = {line: number for line, number in numbers.items() if line not in asleep.held}
    asleep.step(1)
    all_refused(asleep.driver, numbers)
    after = marks(life)
    assert {name: after[name] for name in before} == before
