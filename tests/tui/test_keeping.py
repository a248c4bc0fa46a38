"""Finding what was said before, and taking the conversation out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.api import Outcome
from engine.home import Home
from engine.memory.journal import Journal
from sovl_tui import chat_export
from sovl_tui.conversation import Entry, Kind, Phase
from sovl_tui.earlier import EXCHANGES, read_earlier
from tests.tui.journal_states import BEGIN, fill
from tests.tui.stage import on_stage


async def test_one_finds_oneself_where_one_left_off(tmp_path: Path) -> None:
    path = Home(tmp_path / "home").journal_path
    fill(path, rounds=1)
    async with on_stage(tmp_path) as stage:
        assert "```" not in stage.screen_text and "return 2 * n" in stage.screen_text
        assert "I am allergic to walnuts." in stage.screen_text and "I will remember that." in stage.screen_text
        assert f"• Above: until {BEGIN:%a %d %b %Y}, 10:01. What it slept on, it still knows." in stage.screen_text
        number = await stage.say("Hello again")
        stage.engine.answer(number, "There you are.")
        await stage.settle()
        assert [entry.text for entry in stage.entries[-2:]] == ["Hello again", "There you are."]
        await stage.pilot.press("ctrl+l")
        assert stage.entries == []


def test_only_the_last_exchanges_are_read_and_what_was_stopped_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    fill(path, rounds=4)
    *entries, divider = read_earlier(path, read_only=False)
    assert len(entries) == 2 * EXCHANGES and divider.kind is Kind.NOTICE
    assert [entry.text[:16] for entry in entries if entry.phase is Phase.STOPPED] == ["Once upon a time"] * 3
    with Journal.open(tmp_path / "new.sqlite3"):
        pass
    assert read_earlier(tmp_path / "new.sqlite3", read_only=True) == []


async def test_the_conversation_is_exported_as_it_was(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        number = await stage.say("What is *this*?")
        stage.engine.begin(number)
        stage.engine.say(number, ["A **thing**"])
        stage.engine.finish(number, "A **thing**", Outcome.STOPPED)
        stage.engine.command(await stage.say("/status"), "--- Status ---\n```\nfine")
        await stage.settle()
        for form in ("markdown", "json"):
            stage.app.action_export_chat(form)
        (markdown,) = stage.engine.home.path.glob("chat-*.md")
        (data,) = stage.engine.home.path.glob("chat-*.json")
        text = markdown.read_text()
        assert "**You**\n\nWhat is *this*?\n\n**SOVL**\n\nA **thing**\n\n*(stopped here)*\n\n**You**" in text
        assert text.endswith("````\n--- Status ---\n```\nfine\n````\n")
        records = json.loads(data.read_text())
        assert [record["kind"] for record in records] == ["user", "answer", "user", "output"]
        assert records[1]["phase"] == "stopped" and records[1]["stats"]["tokens"] == 42


async def test_a_home_that_takes_no_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(tmp_path) as stage:

        def full(*_: object) -> Path:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("sovl_tui.file_actions.export_chat", full)
        stage.app.action_export_chat("json")
        await stage.settle()
        assert "No space left on device" in "".join(one.message for one in stage.app._notifications)
    async with on_stage(tmp_path / "other", read_only=True) as stage:
        stage.app.action_export_chat("json")
        assert not list(stage.engine.home.path.glob("chat-*"))


def test_an_export_takes_no_file_s_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_export, "strftime", lambda form: "now")
    paths = [chat_export.export_chat([Entry(Kind.USER, 1, "hi")], tmp_path, "json") for _ in range(2)]
    assert [path.name for path in paths] == ["chat-now.json", "chat-now-2.json"]
