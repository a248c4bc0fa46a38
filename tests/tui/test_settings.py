"""Where a value came from, what a save would change, what undo takes back, and how lines for the engine are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.api import Done, EngineState, Outcome, Started, StateChanged
from engine.commands import parse
from engine.config import Config, keys
from sovl_tui.setting_drawing import position
from sovl_tui.settings import Edit, Origin, Settings, line_for


@pytest.fixture
def config() -> Config:
    return Config()


@pytest.fixture
def settings(config: Config, tmp_path: Path) -> Settings:
    return Settings(config, tmp_path / "config.json")


def test_a_value_comes_from_the_default_the_file_or_is_unsaved(config: Config, settings: Settings) -> None:
    key = "controls_config.base_temperature"
    assert settings[key].origin is Origin.DEFAULT
    config.set(key, 0.9)
    settings.refresh()
    assert settings[key].origin is Origin.UNSAVED
    assert [one.spec.dotted for one in settings.unsaved()] == [key]
    config.save(settings.path)
    settings.read_file()
    assert settings[key].origin is Origin.FILE and not settings.unsaved()
    config.set(key, 0.7)
    settings.refresh()
    assert settings[key].origin is Origin.UNSAVED
    assert settings[key].saved == 0.9


def test_what_the_engine_keeps_is_never_unsaved(config: Config, settings: Settings) -> None:
    config.set("has_woken", True)
    assert settings.refresh() == [Edit("controls_config.has_woken", False, True)]
    assert not settings.unsaved() and not settings.not_default() and settings.undo() is None


def test_a_setting_that_is_not_live_waits_for_a_reset_or_a_new_start(config: Config, settings: Settings) -> None:
    settings.take([StateChanged(EngineState.LOADING), StateChanged(EngineState.AWAKE)])
    config.set("lora_rank", 32)
    config.set("base_temperature", 0.9)
    settings.refresh()
    assert settings["lora_rank"].waits and settings["lora_rank"].in_force == 8
    assert not settings["base_temperature"].waits
    settings.take([Started(1, "reset"), Done(1, Outcome.STOPPED), StateChanged(EngineState.AWAKE)])
    assert settings["lora_rank"].waits
    settings.take([Started(2, "reset"), Done(2, Outcome.OK)])
    assert not settings["lora_rank"].waits
    config.set("lora_rank", 64)
    settings.refresh()
    settings.take([StateChanged(EngineState.LOADING), StateChanged(EngineState.AWAKE)])
    assert not settings["lora_rank"].waits


def test_undo_takes_changes_back_in_turn_whoever_made_them(config: Config, settings: Settings) -> None:
    for value in (0.8, 0.9):
        config.set("base_temperature", value)
        settings.refresh()
    for was in (0.8, 0.7):
        edit = settings.undo()
        assert edit is not None and edit.old == was
        config.set(edit.key, edit.old)
        settings.refresh()
    assert settings.undo() is None
    config.set("base_temperature", 0.8)
    settings.refresh()
    assert settings.undo() == Edit("controls_config.base_temperature", 0.7, 0.8)


def test_what_was_undone_can_be_made_again_until_something_else_changes(config: Config, settings: Settings) -> None:
    def carry_out(edit: Edit | None) -> None:
        assert edit is not None
        config.set(edit.key, edit.old)
        settings.refresh()

    for value in (0.8, 0.9):
        config.set("base_temperature", value)
        settings.refresh()
    carry_out(settings.undo())
    carry_out(settings.undo())
    carry_out(settings.redo())
    assert settings["base_temperature"].value == 0.8
    carry_out(settings.redo())
    assert settings["base_temperature"].value == 0.9 and settings.redo() is None
    carry_out(settings.undo())
    config.set("top_k", 50)
    settings.refresh()
    assert settings.redo() is None
    carry_out(settings.undo())
    carry_out(settings.undo())
    assert settings["base_temperature"].value == 0.7


def test_a_broken_file_is_said_and_changes_nothing(config: Config, settings: Settings) -> None:
    config.set("top_k", 50)
    config.save(settings.path)
    settings.read_file()
    settings.path.write_text("{")
    settings.read_file()
    assert "broken JSON" in settings.problem and settings["top_k"].saved == 50
    config.save(settings.path)
    settings.read_file()
    assert settings.problem == ""


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (0.9, "/config k 0.9"),
        (True, "/config k true"),
        (None, "/config k null"),
        ([1, 2], "/config k [1, 2]"),
        ("late", "/config k late"),
        ("[1, 2]", "/config k [1, 2]"),
        ("two words", '/config k "two words"'),
        ("", '/config k ""'),
        ('"quoted"', '/config k "\\"quoted\\""'),
    ],
)
def test_a_line_is_what_a_person_would_type(value: object, line: str) -> None:
    assert line_for("k", value) == line


@given(st.sampled_from([key for key in keys() if not key.state]))
def test_the_line_for_a_default_sets_the_default(key) -> None:  # type: ignore[no-untyped-def]
    config = Config()
    args = parse(line_for(key.dotted, key.default)).args
    assert args["key"] == key.dotted
    assert config.set(args["key"], args["value"]).new == key.default


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_arrives_as_it_is(text: str) -> None:
    assert parse(line_for("system_prompt", text)).args == {"key": "system_prompt", "value": text}


def test_every_number_lies_between_the_ends_of_its_range() -> None:
    for key in keys():
        if key.kind in ("number", "integer"):
            places = [position(key, value) for value in (key.low, key.default, key.high)]
            assert places[0] == 0 and places[2] == pytest.approx(1) and 0 <= places[1] <= 1, key.name
        else:
            assert position(key, key.default) is None
