"""What the speech commands say, measured on a tiny model: everything is heard, and one seed says the same again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from driving import tiny_config

from bench import speech
from bench.speech import COMMANDS, Spoken, as_markdown, conversations, figures_of, line_of, main, measure
from engine import Config, parse
from engine.commands import COMMANDS as ALL_COMMANDS


@pytest.fixture
def tiny(tiny_folders: dict[str, Path]) -> Any:
    def config() -> Config:
        return tiny_config(tiny_folders["llama"], cpu_threads=1, context_length=1024)

    return config


def test_ten_conversations_have_something_for_every_speech_command() -> None:
    talks = conversations()
    assert len(talks) == 10 and all(len(talk["said"]) >= 3 for talk in talks)
    assert set(COMMANDS) == {spec.name for spec in ALL_COMMANDS if spec.area == "speech"}
    for talk in talks:
        for command in COMMANDS:
            intent = parse(line_of(command, talk))
            assert intent.kind == "command" and intent.spec is not None and intent.spec.name == command
    for command in ("echo", "debate", "flare", "glitch", "mimic", "generate"):
        assert len({line_of(command, talk) for talk in talks}) == 10


def without_seconds(heard: dict[str, list[Spoken]]) -> list[tuple[Any, ...]]:
    return [(one.line, one.printed, one.flaws, one.attempts, one.discarded) for all_ in heard.values() for one in all_]


def test_one_seed_says_the_same_again_and_another_something_else(tiny: Any) -> None:
    commands, talks = ["muse", "flare", "echo", "generate"], conversations()[:1]
    first = measure(tiny, 3, commands, talks)
    assert list(first) == commands and all(len(spoken) == 1 for spoken in first.values())
    assert first["muse"][0].printed.startswith("Inspiration: ")
    assert first["echo"][0].attempts == 10 and first["generate"][0].attempts == 1
    assert without_seconds(measure(tiny, 3, commands, talks)) == without_seconds(first)
    assert without_seconds(measure(tiny, 4, commands, talks)) != without_seconds(first)


def test_what_one_command_says_does_not_hang_on_the_others(tiny: Any) -> None:
    talks = conversations()[:1]
    together, alone = measure(tiny, 3, ["flare", "echo"], talks), measure(tiny, 3, ["echo"], talks)
    assert together["echo"][0].printed == alone["echo"][0].printed


def heard(*flaws: list[str]) -> list[Spoken]:
    return [Spoken(n, "/muse", f"Thought: {n}", found, 2 * n, {}, 1.5) for n, found in enumerate(flaws, 1)]


def test_figures_and_page() -> None:
    spoken = heard([], ["going round in circles"])
    assert figures_of(spoken) == {"outputs": 2, "clean": 1, "attempts": 3.0, "seconds": 1.5}
    page = as_markdown({"muse": spoken}, 7, "a machine")
    assert "Seed 7; a machine." in page and "| muse | 2 | 1 | 3.0 | 1.5 |" in page
    assert "> /muse\nThought: 1" in page and "> /muse    (going round in circles)\nThought: 2" in page


def test_all_of_it_is_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(speech, "measure", lambda config, seed, commands, talks: {name: heard([]) for name in commands})
    page, report = tmp_path / "page.md", tmp_path / "report.json"
    assert main(["--seed", "5", "--commands", "muse", "--out", str(page), "--json", str(report)]) == 0
    assert "| muse | 1 | 1 |" in capsys.readouterr().out
    assert page.read_text().startswith("Seed 5; ")
    written = json.loads(report.read_text())
    assert (written["seed"], written["figures"]["muse"]["clean"]) == (5, 1)
    assert written["spoken"]["muse"][0]["printed"] == "Thought: 1"


def test_a_command_that_does_not_speak_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--commands", "muse,sleep"])
    assert "no speech command: sleep" in capsys.readouterr().err
