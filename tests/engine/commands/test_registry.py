"""One table: complete, without contradictions, and light to import."""

import subprocess
import sys

import pytest

from engine.commands import COMMANDS, closest, explained, find, parse


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
