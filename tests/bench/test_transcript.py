"""The transcript of all commands: it leaves none out, keeps the lines apart, and tells what went wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from driving import tiny_config

from bench import transcript
from bench.transcript import Part, Ran, Recorder, as_markdown, main, missing, parts_of, record
from engine.api import Done, EngineFailed, Outcome, Output, Started, TextChunk
from engine.commands import COMMANDS, parse


def test_the_lines_run_every_command_there_is_and_quit_at_the_end() -> None:
    intents = [parse(line) for part in parts_of() for line in part.lines]
    assert {one.spec.name for one in intents if one.spec} == {spec.name for spec in COMMANDS}
    assert [one.message for one in intents if one.kind == "error"] == []
    assert intents[-1].spec is not None and intents[-1].spec.name == "quit"


def test_what_is_printed_stands_with_its_line(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    lines = ["tune cross 0.8", "export {folder}/all.jsonl", "forget 99", "quit"]
    ran = record(tiny_config(tiny_folders["llama"]), lines).ran
    assert [(one.line, one.command, one.outcome) for one in ran] == [
        ("tune cross 0.8", "tune cross", "ok"),
        ("export FOLDER/all.jsonl", "export", "ok"),
        ("forget 99", "forget", "refused"),
        ("quit", "quit", "ok"),
    ]
    assert [one.printed for one in ran] == [
        "Scaffold influence: weight=0.80, blend_strength=unchanged",
        "Exported 0 interactions to FOLDER/all.jsonl",
        "sovl: There is no memory 99; memories lists them.",
        "Cleanup completed.\nExiting.",
    ]


def test_what_belongs_to_no_line_is_kept_apart() -> None:
    recorder = Recorder(["hello"])
    for event in (
        EngineFailed("no weights", ""),
        Started(1, "chat"),
        TextChunk(1, "Good day."),
        Done(1, Outcome.OK),
        Output(0, "late"),
    ):
        recorder.show(event)
    assert [one.printed for one in recorder.ran] == ["Good day."]
    assert recorder.besides.getvalue() == "sovl: no weights\nlate\n"


def test_a_page_of_it() -> None:
    parts = [Part("One", ("hello", "code"), "Of it."), Part("Two", ("status",))]
    ran = [Ran("hello", "chat", "Good day."), Ran("code", "chat", "```py\n1\n```"), Ran("status", "status")]
    assert "## One\n\nOf it.\n\n```text\n> hello\nGood day.\n```\n\n````text\n> code\n```py\n1\n```\n````\n" in (
        as_markdown(parts, ran, "a machine")
    )
    assert as_markdown(parts, ran, "a machine").endswith("## Two\n\n```text\n> status\n```\n")
    assert "3 lines; a machine." in as_markdown(parts, ran, "a machine")


@pytest.mark.parametrize("left_out", [None, "panic"])
def test_a_command_that_was_not_run_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], left_out: str | None
) -> None:
    def recorded(config: Any, lines: list[str]) -> Recorder:
        recorder = Recorder(lines)
        recorder.ran = [Ran(spec.name, spec.name, "", "ok") for spec in COMMANDS if spec.name != left_out]
        return recorder

    monkeypatch.setattr(transcript, "record", recorded)
    page, report = tmp_path / "page.md", tmp_path / "report.json"
    assert main(["--out", str(page), "--json", str(report)]) == (1 if left_out else 0)
    assert ("no line runs panic" in capsys.readouterr().out) is bool(left_out)
    assert page.read_text().startswith("# Every command")
    assert len(json.loads(report.read_text())["ran"]) == len(COMMANDS) - bool(left_out)
    assert missing([Ran(spec.name, spec.name) for spec in COMMANDS[1:]]) == [COMMANDS[0].name]


def test_a_line_that_fails_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def recorded(config: Any, lines: list[str]) -> Recorder:
        recorder = Recorder(lines)
        recorder.ran = [Ran(f"/{spec.name}", spec.name, "", "failed") for spec in COMMANDS]
        return recorder

    monkeypatch.setattr(transcript, "record", recorded)
    assert main(["--out", str(tmp_path / "page.md")]) == 1
    assert "failed: /quit" in capsys.readouterr().out
