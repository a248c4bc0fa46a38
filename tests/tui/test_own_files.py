"""Themes and keys of the user's own: what is right is used, what is wrong is named in one line and left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color

from sovl_tui.user_keys import load_keys, shown
from sovl_tui.user_themes import load_themes
from tests.tui.stage import Stage, on_stage


def theme_file(folder: Path, text: str | bytes, name: str = "mine") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def keys_file(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "keys.toml"
    path.write_text(text)
    return path


def said(stage: Stage) -> str:
    return "\n".join(one.text for one in stage.app._said)


def test_a_theme_starts_from_ours_and_is_light_where_its_ground_is(tmp_path: Path) -> None:
    folder = theme_file(tmp_path, 'background = "#f8f8f0"\nforeground = "black"\n[moods]\ncurious = "#aa5500"\n')
    (theme,), problems = load_themes(folder, ())
    assert (theme.name, theme.dark, theme.error) == ("mine", False, "#f2808f") and problems == []
    assert theme.variables["mood-curious"] == "#aa5500" and theme.variables["scrollbar-background"] == "#f8f8f0"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("primary = #6fd3c4", "is no TOML"),
        (b'primary = "\xff"', "is no text in UTF-8"),
        ('primry = "#ffffff"', "primry is no colour; there are primary, secondary"),
        ('primary = "greenish"', "primary = 'greenish' is no colour such as \"#6fd3c4\""),
        ("primary = 7", "primary = 7 is no colour"),
        ('primary = "#ffffff40"', "is no colour"),
        ('[moods]\nhappy = "red"', "happy is no mood; there are calm, curious"),
        ('moods = "red"', "moods is no table"),
        ('base = "dracula"', "base 'dracula' is none of sovl-dark"),
        ("", "has no colour; there are primary"),
    ],
)
def test_a_wrong_theme_is_named_and_left_out(tmp_path: Path, text: str | bytes, said: str) -> None:
    themes, (problem,) = load_themes(theme_file(tmp_path, text), ())
    assert themes == [] and problem.startswith("themes/mine.toml: ") and said in problem and "\n" not in problem


def test_a_theme_takes_no_other_s_name(tmp_path: Path) -> None:
    themes, (problem,) = load_themes(theme_file(tmp_path, 'primary = "red"', "nord"), ("nord",))
    assert themes == [] and "a theme of that name already" in problem


async def test_themes_are_there_at_the_start_and_are_read_again(tmp_path: Path) -> None:
    folder = theme_file(tmp_path / "home" / "themes", 'primary = "#123456"')
    theme_file(folder, "primary = 1", "bad")
    async with on_stage(tmp_path) as stage:
        assert "bad.toml" in said(stage)
        stage.app.action_use_theme("mine")
        await stage.settle()
        assert stage.app.ink.primary == Color.parse("#123456")
        theme_file(folder, 'primary = "#654321"')
        stage.app.action_read_own_files()
        await stage.settle()
        assert "mine.toml" not in said(stage)
        stage.app.config.set("interface_config.theme", "gone")
        stage.engine.command(await stage.say("/status"), "fine")
        await stage.settle()
        assert stage.app.theme == "sovl-dark" and "There is no theme gone; ctrl+p lists them." in said(stage)
        stage.app.config.set("interface_config.theme", "sovl-ligth")
        stage.engine.command(await stage.say("/status"), "fine")
        await stage.settle()
        assert "There is no theme sovl-ligth; do you mean sovl-light?" in said(stage)


def test_keys_are_read_with_and_without_quotes_and_tables(tmp_path: Path) -> None:
    text = '"app.help" = "f9, ctrl+g"\nconfig.undo = "z"\n[memory]\nask = "+"\n'
    changes, problems = load_keys(keys_file(tmp_path, text))
    assert changes == {"app.help": "f9,ctrl+g", "config.undo": "z", "memory.ask": "plus"} and problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("app.help = f1", "cannot be read"),
        ('app.hlep = "f9"', "there is no app.hlep; do you mean app.help?"),
        ('nonsense = "f9"', "there is no nonsense; F1 shows"),
        ('prompt.send = "f9"', "prompt.send always is enter"),
        ("app.help = 9", "app.help = 9 is no key such as"),
        ('app.help = ""', "is no key"),
        ('app.help = "ctrl+"', "is no key"),
        ('app.help = "hyperspace+x"', "is no key"),
        ('app.help = "h"', "the prompt needs h to write"),
        ('app.help = "/"', "the prompt needs / to write"),
        ('app.help = "plus"', "the prompt needs + to write"),
        ('room.live = "l"', "the prompt needs l to write"),
        ('app.help = "ctrl+w"', "the prompt needs ctrl+w to write"),
        ('config.undo = "s"', "in the configuration s is config.save, so config.undo keeps its own key"),
        ('config.undo = "ctrl+p"', "in the configuration ctrl+p is app.palette"),
        ('config.undo = "j"', "in the configuration j is moving in lists"),
    ],
)
def test_a_wrong_key_is_named_and_left_out(tmp_path: Path, text: str, said: str) -> None:
    changes, (problem,) = load_keys(keys_file(tmp_path, text))
    assert changes == {} and said in problem and "\n" not in problem


def test_keys_may_change_places_and_two_cannot_take_one(tmp_path: Path) -> None:
    changes, problems = load_keys(keys_file(tmp_path, 'config.undo = "r"\nconfig.reset = "u"\n'))
    assert changes == {"config.undo": "r", "config.reset": "u"} and problems == []
    changes, problems = load_keys(keys_file(tmp_path, 'config.undo = "z"\nconfig.reset = "z"\n'))
    assert changes == {"config.undo": "z"} and "z is config.undo, so config.reset keeps" in problems[0]
    changes, problems = load_keys(keys_file(tmp_path, 'config.save = "u"\nconfig.undo = "ctrl+p"\n'))
    assert changes == {} and len(problems) == 2


@pytest.mark.parametrize(
    ("keys", "written"), [("f8,x", "F8"), ("ctrl+underscore", "ctrl+_"), ("question_mark", "?"), ("escape", "esc")]
)
def test_keys_are_shown_as_people_write_them(keys: str, written: str) -> None:
    assert shown(keys) == written


async def test_an_own_key_works_is_shown_and_the_old_one_is_free(tmp_path: Path) -> None:
    keys_file(tmp_path / "home", 'config.search = "z"\nroom.config = "f9"\napp.nothing = "f12"\n')
    async with on_stage(tmp_path) as stage:
        assert "there is no app.nothing" in said(stage)
        await stage.pilot.press("f6")
        assert stage.app.rooms.here is stage.app.live
        await stage.pilot.press("f9", "z")
        await stage.settle()
        screen = stage.app.screen
        assert screen.search.has_focus  # type: ignore[attr-defined]
        assert " z search" in stage.screen_text and " F9 config" in stage.screen_text
        await stage.pilot.press("f1")
        await stage.settle()
        assert "  z               search names" in stage.screen_text


async def test_files_to_begin_with_are_written_once_and_change_nothing_by_themselves(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        home = stage.engine.home.path
        stage.app.action_begin_own_keys()
        stage.app.action_begin_own_theme()
        stage.app.action_read_own_files()
        assert stage.app.own.keys == {} and "mine" in stage.app.theme_names
        before = stage.app.ink
        stage.app.action_use_theme("mine")
        await stage.settle()
        assert stage.app.ink == before
        text = (home / "keys.toml").read_text()
        unquoted = "\n".join(line.removeprefix("# ") for line in text.split("\n") if " = " in line)
        (home / "keys.toml").write_text(unquoted)
        stage.app.action_begin_own_keys()
        assert (home / "keys.toml").read_text() == unquoted
        changes, problems = load_keys(home / "keys.toml")
        assert problems == [] and len(changes) > 60
