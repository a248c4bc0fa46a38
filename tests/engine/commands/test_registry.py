"""One table: complete, without contradictions, and light to import."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from driving import tiny_config
from lives import mouth

from engine import Engine, Home
from engine.commands import COMMANDS, closest, complete, explained, find, parse
from engine.commands.help import overview
from sovl_tui import headless

ROOT = Path(__file__).parents[3]


def test_names_and_aliases_are_unique():
    names = [name for one in COMMANDS for name in (one.name, *one.aliases)]
    assert len(names) == len(set(names))
    assert all(name == name.casefold() for name in names)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: one.name)
def test_each_command_is_described(spec):
    assert spec.summary.endswith(".") and "\n" not in spec.summary
    assert spec.usage.startswith(spec.name)
    assert spec.usage in explained(spec) and spec.summary in explained(spec)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: one.name)
def test_each_example_is_that_command_with_and_without_slash(spec):
    assert spec.examples
    for example in spec.examples:
        plain, slash = parse(example), parse(f"/{example}")
        assert plain.kind == slash.kind == "command"
        assert plain.args == slash.args
        assert plain.spec.name.startswith(spec.name)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: one.name)
def test_every_argument_and_flag_has_a_value_when_none_is_given(spec):
    names = {one.name for one in spec.arguments} | {flag.key for flag in spec.flags}
    assert set(parse(spec.examples[0]).args) == names


def test_looking_up():
    assert find("/Tune   CROSS").name == "tune cross"
    assert find("exit") is find("quit")
    assert find("nothing") is find("") is None
    assert closest("staus") == "status"
    assert closest("") is None


def test_importing_the_commands_is_light():
    code = "import sys, engine.commands; print([m for m in ('torch', 'transformers', 'textual') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def readme_table():
    """The command table as README.md has it, one part for each area."""
    lines = []
    for area in dict.fromkeys(one.area for one in COMMANDS):
        lines += [f"| {area} | |", "|---|---|"]
        for one in COMMANDS:
            if one.area == area:
                also = f" Also: {', '.join(f'`{alias}`' for alias in one.aliases)}." if one.aliases else ""
                lines.append(f"| `{one.usage.replace('|', chr(92) + '|')}` | {one.summary}{also} |")
        lines.append("")
    return "\n".join(lines)


def test_the_readme_has_every_command_once_as_it_is():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_table() in readme, f"README.md should hold:\n{readme_table()}"
    for one in COMMANDS:
        assert readme.count(f"| `{one.usage.replace('|', chr(92) + '|')}` |") == 1


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda one: one.name)
def test_each_command_is_reachable_by_parsing_completion_help_and_palette(spec):
    from sovl_tui.palette import entries

    assert find(spec.name) is spec and find(f"/{spec.name}") is spec
    assert parse(f"/{spec.examples[0]}").spec is spec or spec.name in ("config", "memory", "tune cross")
    offered = [one.text for one in complete(f"/{spec.name[:-1]}")]
    assert f"/{spec.name}" in offered
    assert f"\n{spec.usage}" in overview(COMMANDS)
    assert [entry.help for entry in entries([]) if entry.name == f"/{spec.usage}"] == [spec.summary]


def test_the_overview_keeps_its_summaries_in_one_column_that_a_narrow_window_has_room_for():
    lines = overview(COMMANDS).splitlines()
    for spec in COMMANDS:
        (line,) = (one for one in lines if one.endswith(f"  {spec.summary}"))
        assert line.index(spec.summary) == 26
        assert line.startswith(f"{spec.usage}  ") or lines[lines.index(line) - 1] == spec.usage


def test_each_command_is_reachable_by_sovl_exec(tmp_path, tiny_folders, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mouth(monkeypatch, [" the river sleeps under an old bridge."])
    examples = [f"/{one.examples[0]}" for one in COMMANDS]
    lines = [{"/train": "/train --dry-run"}.get(line, line) for line in examples]
    engine = Engine(Home(tmp_path / "life").open(), tiny_config(tiny_folders["llama"]))
    out = io.StringIO()
    headless.run(engine, lines, headless.JsonPrinter(out), io.StringIO(), headless.Interrupts())
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    started = [event["name"] for event in events if event["event"] == "started"]
    assert started == [one.name for one in COMMANDS]
    outcomes = [event["outcome"] for event in events if event["event"] == "done"]
    assert set(outcomes) <= {"ok", "refused"} and len(outcomes) == len(COMMANDS)
    engine.home.release()
