"""How the screens look, in their states, sizes and themes. ``pytest --snapshot-update`` accepts a new look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from engine.api import Done, EngineState, Outcome, Passage, Progress, TextChunk, TrainingStep
from engine.commands import Argument, CommandSpec, Completion
from engine.commands.spec import Area
from sovl_tui import palette as palette_module
from sovl_tui.earlier import read_earlier
from sovl_tui.keymap import room_keys
from sovl_tui.screens import help as help_module
from sovl_tui.screens import live
from sovl_tui.screens.confirm import ConfirmScreen
from sovl_tui.screens.messages import Said
from sovl_tui.widgets import slash_popup
from tests.tui import journal_states
from tests.tui.pictures import NARROW, SMALL, WIDE, Act, Size, name_of, picture
from tests.tui.stage import HOUSE, Stage


def command(name: str, area: Area, summary: str, *arguments: Argument) -> CommandSpec:
    return CommandSpec(name, area, summary, lambda life, call: None, arguments=arguments)


COMMANDS = (
    command("generate", "speech", "Generates a response.", Argument("prompt", "text")),
    command("dream", "learning", "Dreams of what was said."),
    command("status", "control", "Displays the current system status."),
    command("config", "control", "Gets or sets a value.", Argument("key", "key", required=False)),
    command("config save", "control", "Writes the configuration to its file."),
    command("tune cross", "control", "Adjusts the weight.", Argument("weight", "float", required=False)),
)
"""Fixed, so that a new command does not change the pictures."""


@pytest.fixture(autouse=True)
def fixed_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {spec.name: spec for spec in COMMANDS}
    monkeypatch.setattr(palette_module, "COMMANDS", COMMANDS)
    monkeypatch.setattr(help_module, "COMMANDS", COMMANDS)
    rooms = room_keys(HOUSE)
    monkeypatch.setattr(palette_module, "ROOM_KEYS", rooms)
    monkeypatch.setattr(help_module, "ROOM_KEYS", rooms)
    monkeypatch.setattr(slash_popup, "find", lambda name: names.get(name.removeprefix("/")))
    monkeypatch.setattr(
        live,
        "complete",
        lambda line: [Completion(f"/{spec.name}", spec.summary) for spec in COMMANDS if spec.name.startswith(line[1:])],
    )


CODE = 'Here it is:\n\n```python\ndef double(number: int) -> int:\n    """Twice as much."""\n    return 2 * num'
ANSWER = """The Moon is **mostly rock**, like the Earth's mantle.

1. a thin *crust*
2. a thick mantle

> Old, dry and quiet.

```python
phases = ["new", "full"]
```

Ask me `more`."""


async def loading(stage: Stage) -> None:
    stage.engine.load(0.4, "converting weights", 12)
    await stage.settle()
    await stage.say("Are you there?")


async def empty(stage: Stage) -> None:
    stage.engine.awaken(
        temperament_trace=(), confidence_trace=(), confidence=None, unslept=0, interactions=0, tokens_per_second=0.0
    )


async def streaming(stage: Stage) -> None:
    stage.engine.awaken(mood="calm", stage="young", exposure=150.0, weight=0.31, learned=True, recognition=0.62)
    number = await stage.say("Write a function that doubles a number.")
    stage.engine.begin(number)
    stage.engine.say(number, [CODE])
    await stage.settle()
    await stage.say("And then?")
    stage.engine.snapshot(queued=1)


async def done(stage: Stage) -> None:
    stage.engine.awaken(mood="curious", stage="mature", exposure=290.0, weight=0.52, learned=True, recognition=0.3)
    number = await stage.say("What is the Moon made of?")
    stage.engine.answer(number, ANSWER)
    number = await stage.say("/status")
    stage.engine.command(number, "--- System Status ---\nTemperament: 0.62\nConfidence: 0.71\nMemory: On")


async def stopped(stage: Stage) -> None:
    stage.engine.awaken(mood="restless", temperament=0.55)
    number = await stage.say("Tell me a very long story.")
    stage.engine.begin(number)
    stage.engine.say(number, ["Once upon a time there was"])
    stage.engine.finish(number, "Once upon a time there was", Outcome.STOPPED, reason="stopped")
    number = await stage.say("/tune cross 9")
    stage.engine.put(Done(number, Outcome.REFUSED, message="weight: 9 is too much; give a number from 0 to 1."))


async def failed(stage: Stage) -> None:
    await stage.say("hello")
    stage.engine.fail("model.safetensors is truncated: 12 of 98 MB; delete it and start again", "/home/you/report.txt")


async def asleep(stage: Stage) -> None:
    stage.engine.awaken(mood="melancholic", stage="elder", temperament=0.21, exposure=500.0)
    stage.engine.state(EngineState.TRAINING, gestating=True)
    stage.engine.put(Progress(1, "step 40 of 120", 40, 120, 95))


async def night(stage: Stage) -> None:
    """In the middle of training, with a question that came in between."""
    stage.engine.awaken(stage="young", exposure=150.0, weight=0.31, learned=True)
    number = await stage.say("/sleep")
    stage.engine.fall_asleep(number)
    stage.engine.phase(number, "dreaming")
    stage.engine.dream(number, 12)
    stage.engine.phase(number, "training")
    stage.engine.learn(number, range(1, 45), 95)
    stage.engine.answer(await stage.say("Are you still there?"), "I am, half asleep.")
    stage.engine.phase(number, "training")
    stage.engine.put(TrainingStep(number, 45, 95, 0.74, 0.011, 70))


async def dreaming(stage: Stage) -> None:
    """Of its own accord."""
    stage.engine.awaken()
    stage.engine.fall_asleep(7)
    stage.engine.phase(7, "dreaming")
    stage.engine.dream(7, 8)


async def slept(stage: Stage) -> None:
    stage.engine.awaken(stage="young", exposure=150.0, weight=0.31, learned=True, unslept=0, mood="curious")
    number = await stage.say("/sleep")
    stage.engine.fall_asleep(number)
    stage.engine.phase(number, "dreaming")
    stage.engine.dream(number, 12)
    stage.engine.phase(number, "training")
    stage.engine.learn(number, range(1, 96), 95)
    stage.engine.phase(number, "auditing")
    stage.engine.wake_up(number, 3, 1, 1)


async def popup(stage: Stage) -> None:
    stage.engine.awaken()
    await stage.type("/co")
    await stage.pilot.press("down")


async def palette(stage: Stage) -> None:
    stage.engine.awaken()
    await stage.settle()
    await stage.pilot.press("ctrl+p", "t", "u", "n")


async def help_page(stage: Stage) -> None:
    stage.engine.awaken()
    await stage.settle()
    await stage.pilot.press("f1")


async def cursor(stage: Stage) -> None:
    await done(stage)
    await stage.settle()
    await stage.pilot.press("alt+up", "alt+up", "alt+up")


async def scrolled(stage: Stage) -> None:
    stage.engine.awaken()
    for number in range(12):
        stage.engine.answer(await stage.say(f"question {number}"), "An answer.")
        await stage.settle()
    await stage.pilot.press("pageup")
    stage.engine.answer(stage.engine.submit("behind"), "New words.")


async def confirm(stage: Stage) -> None:
    stage.engine.awaken()
    await stage.settle()
    stage.app.push_screen(ConfirmScreen("Really reset?", "Makes a newborn of it. Saved files stay.", "reset"))


async def pasted(stage: Stage) -> None:
    stage.engine.awaken()
    stage.app.live.prompt.insert("Sum this up:\n")
    stage.app.live.prompt.add("word " * 20_000)


async def passages(stage: Stage) -> None:
    stage.engine.awaken(mood="curious", stage="young", exposure=150.0, weight=0.31)
    number = await stage.say('debate "Cats are better than dogs" 1')
    stage.engine.begin(number, "debate")
    for passage, text in (
        (
            Passage(number, "for", '[Argument 1] "', closing='"', note="for, temperament 0.62 → 0.82"),
            "Cats are better than dogs, because a cat asks for nothing that it cannot take by itself.",
        ),
        (
            Passage(number, "against", '[Rebuttal] "', closing='"', note="against, temperament 0.62 → 0.42"),
            "But it is not true that cats are better than dogs, because a dog comes when it is called.",
        ),
    ):
        stage.engine.put(passage, TextChunk(number, text))
    stage.engine.finish(number, "over")
    number = await stage.say("rewind 2")
    stage.engine.begin(number, "rewind")
    then = "Two exchanges ago, you asked about bees. I said: 'Bees eat honey.'"
    stage.engine.put(
        Passage(number, "then", "", then, note="confidence 0.62"),
        Passage(number, "now", "Now I think: "),
        TextChunk(number, "They live on what they"),
    )


async def jump(stage: Stage) -> None:
    await done(stage)
    await stage.settle()
    await stage.pilot.press("ctrl+o")


async def messages(stage: Stage) -> None:
    stage.engine.awaken()
    await stage.settle()
    said = (
        ("information", "Copied 412 characters."),
        ("warning", "keys.toml: in the configuration s is config.save, so config.undo keeps its own key"),
        ("information", "Saved /home/you/.local/share/sovl/chat-20261124-103012.md"),
        ("error", "Not saved: No space left on device (/home/you/.local/share/sovl)"),
    )
    morning = datetime(2026, 11, 24, 10, 30).timestamp()
    stage.app._said.extend(Said(morning + 71 * number, *one) for number, one in enumerate(said))
    await stage.pilot.press("f7")


async def resumed(stage: Stage) -> None:
    stage.engine.awaken(interactions=64)
    journal_states.fill(stage.engine.home.journal_path, rounds=1)
    stage.app.live.transcript.begin_with(read_earlier(stage.engine.home.journal_path, read_only=False))
    stage.engine.answer(await stage.say("Do you know my cat's name?"), "Your cat is called **Mia**.")


async def read_only(stage: Stage) -> None:
    stage.engine.awaken(read_only=True)


SHOTS = [
    (loading, WIDE, "dark"),
    (loading, SMALL, "dark"),
    (empty, WIDE, "dark"),
    (empty, NARROW, "light"),
    (streaming, WIDE, "dark"),
    (streaming, NARROW, "dark"),
    (streaming, SMALL, "dark"),
    (done, WIDE, "dark"),
    (done, WIDE, "light"),
    (done, NARROW, "dark"),
    (stopped, NARROW, "dark"),
    (stopped, NARROW, "light"),
    (failed, WIDE, "light"),
    (failed, NARROW, "dark"),
    (failed, SMALL, "dark"),
    (asleep, WIDE, "dark"),
    (asleep, NARROW, "light"),
    (night, WIDE, "dark"),
    (night, SMALL, "dark"),
    (dreaming, NARROW, "light"),
    (slept, NARROW, "dark"),
    (popup, NARROW, "dark"),
    (popup, SMALL, "light"),
    (palette, WIDE, "dark"),
    (palette, NARROW, "light"),
    (help_page, NARROW, "dark"),
    (cursor, NARROW, "dark"),
    (scrolled, NARROW, "dark"),
    (confirm, NARROW, "dark"),
    (pasted, NARROW, "dark"),
    (passages, NARROW, "dark"),
    (passages, WIDE, "light"),
    (read_only, NARROW, "dark"),
    (jump, WIDE, "dark"),
    (jump, NARROW, "light"),
    (jump, SMALL, "dark"),
    (messages, WIDE, "light"),
    (messages, NARROW, "dark"),
    (messages, SMALL, "dark"),
    (resumed, WIDE, "dark"),
    (resumed, SMALL, "light"),
    (empty, (20, 5), "dark"),
]


@pytest.mark.parametrize(
    ("act", "size", "theme"),
    SHOTS,
    ids=map(name_of, SHOTS),
)
def test_look(act: Act, size: Size, theme: str, tmp_path: Path, snap_compare: Callable[..., bool]) -> None:
    picture(act, size, theme, tmp_path, snap_compare)


def test_without_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snap_compare: Callable[..., bool]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    test_look(streaming, NARROW, "dark", tmp_path, snap_compare)
