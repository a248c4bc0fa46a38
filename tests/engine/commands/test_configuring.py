"""``config why`` and ``config preset``, and the page that is written from the same table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.api import Output
from engine.commands import Call, Refused, parse
from engine.config import Config, ConfigError, keys, load_config, presets, spec
from engine.config_page import page
from engine.home import Home
from engine.lifeform import Lifeform

ROOT = Path(__file__).parents[3]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Lifeform]:
    with Home(tmp_path / "home") as opened:
        alive = Lifeform(opened, Config())
        yield alive
        alive.close()


def run(life: Lifeform, line: str) -> list[str]:
    """The lines that a command says."""
    intent, said = parse(line), []
    assert intent.kind == "command" and intent.spec is not None, intent
    intent.spec.handler(life, Call(7, intent.args, said.append, lambda: False))
    return "\n".join(event.text for event in said if isinstance(event, Output)).splitlines()


# -- config why --------------------------------------------------------------------------------------------------------


def test_why_tells_all_about_a_setting(life: Lifeform, monkeypatch: pytest.MonkeyPatch) -> None:
    known = spec("dream_noise_scale")
    told = [
        "Config controls_config.dream_noise_scale: 0.05",
        f"    {known.help}",
        "    Moves: noise in a dream, as a share of its size (higher: more), from the next dream.",
        "    May be: a number from 0.01 to 0.1.",
        "    Default: 0.05",
    ]
    assert run(life, "config why dream_noise_scale") == [
        *told,
        "    Origin: default",
        "    Last change: none since it started",
    ]
    monkeypatch.setattr("engine.config.time.time", lambda: 1_700_000_000.0)
    run(life, "config dream_noise_scale 0.1")
    told[0] = "Config controls_config.dream_noise_scale: 0.1"
    *same, origin, change = run(life, "config why controls_config.dream_noise_scale")
    assert same == told and origin == "    Origin: config"
    assert change.startswith("    Last change: 2023-11-1") and change.endswith("before that it was 0.05")


@pytest.mark.parametrize("known", keys(), ids=lambda known: known.name)
def test_why_knows_every_setting(life: Lifeform, known) -> None:
    lines = run(life, f"config why {known.name}")
    assert lines[0].startswith(f"Config {known.dotted}: ") and len(lines) == 7
    assert f"    Moves: {known.told}." in lines


def test_why_knows_where_a_value_comes_from(life: Lifeform, tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text(json.dumps({"controls_config": {"top_k": 7}}))
    given, _ = load_config(file)
    assert given.origin("top_k").source == f"file {file}" and given.origin("top_p").source == "default"
    for line, key, source in (
        ("config top_k 9", "top_k", "config"),
        ("config reset top_k", "top_k", "config reset"),
        ("config preset lively", "top_p", "config preset lively"),
        ("tune cross blend 0.7", "blend_strength", "tune cross blend"),
        ("memory off", "use_scaffold_memory", "memory"),
    ):
        run(life, line)
        assert f"    Origin: {source}" in run(life, f"config why {key}")
    run(life, "config save")
    assert f"    Origin: file {life.config_path}" in run(life, "config why top_p")
    assert run(life, "config why top_p")[-1].endswith("before that it was 0.95")


@pytest.mark.parametrize(("key", "says"), [("dream_noise", "dream_noise_scale"), ("lora_config", "is a section")])
def test_why_refuses_what_is_no_setting(life: Lifeform, key: str, says: str) -> None:
    with pytest.raises((Refused, ConfigError), match=says):
        run(life, f"/config why {key}")


# -- config preset -----------------------------------------------------------------------------------------------------


def test_presets_are_listed_by_what_will_be_noticed(life: Lifeform) -> None:
    before = life.config.dump()
    assert run(life, "config preset") == [f"{one.name}: {one.noticed}" for one in presets()]
    assert life.config.dump() == before


@pytest.mark.parametrize("preset", presets()[1:], ids=lambda one: one.name)
def test_a_preset_makes_its_settings_and_the_usual_one_takes_them_back(life: Lifeform, preset) -> None:
    before = life.config.dump()
    said = run(life, f"config preset {preset.name}")
    assert {key: life.config.get(key) for key in preset.settings} == dict(preset.settings)
    changed = {key for key, value in preset.settings.items() if value != spec(key).default}
    assert changed and said[-1] == preset.noticed
    assert {line.split()[1].rstrip(":") for line in said[:-1]} == changed
    assert run(life, f"config preset {preset.name}") == [preset.noticed]
    run(life, "config preset usual")
    assert life.config.dump() == before


def test_an_unknown_preset_is_refused(life: Lifeform) -> None:
    before = life.config.dump()
    with pytest.raises(Refused, match="no preset 'wild'; there are usual, steady, lively"):
        run(life, "/config preset wild")
    assert life.config.dump() == before


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_of_settings_is_the_table() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == page(), "make docs writes it anew"
    assert all(written.count(f"| `{known.name}` |") == 1 for known in keys())
    assert "(docs/configuration.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
