"""Every command with everything that is no good for it: one usage line or one clear refusal, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bad_lines import BAD, GOOD
from lives import awake, marks, mouth

from engine.commands import COMMANDS, Call, parse
from engine.jobs import REFUSALS
from engine.lifeform import Lifeform


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Lifeform]:
    with awake(tmp_path_factory.mktemp("bad") / "life", tiny_folders["llama"]) as alive:
        alive.journal.record(conversation_id=alive.conversation.id, prompt="My cat is Mia", response="A fine name.")
        yield alive


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: one.name)
def test_what_is_no_good_is_refused_in_one_line_and_changes_nothing(
    life: Lifeform, spec, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mouth(monkeypatch, [" the river sleeps under an old bridge."])
    intent = parse(f"/{spec.name} {BAD[bad]}")
    if intent.kind == "error":
        assert "Usage: " in intent.message and intent.spec is spec
        _one_line(intent.message)
        return
    assert intent.kind == "command"
    if intent.spec is not spec or bad == "nothing":
        return  # a longer name (config save), or a command that needs no argument: not bad at all
    before = marks(life)
    call = Call(7, intent.args, lambda _: None, lambda: False)
    if bad in GOOD.get(spec.name, ()):
        _carry_out(life, intent, call)
        for written in life.home.state_dir.iterdir():
            written.unlink()
        return
    with pytest.raises(REFUSALS) as refusal:
        intent.spec.handler(life, call)
    _one_line(str(refusal.value))
    assert marks(life) == before


def _carry_out(life: Lifeform, intent, call: Call) -> None:
    """A good argument after all: it works, or is refused because of something else."""
    try:
        intent.spec.handler(life, call)
    except REFUSALS as refusal:
        _one_line(str(refusal))


def _one_line(message: str) -> None:
    assert message and "\n" not in message and len(message) < 600
