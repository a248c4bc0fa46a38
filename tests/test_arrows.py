"""The house of the code: which room may know which, what the front door may carry in, and how long a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("engine", "sovl_tui")

# From the ground up. A file may import its own part and those below it, never one above.
GROUND = (
    "api", "version", "escaping", "resources", "config", "config_effects", "config_keys", "config_page",
    "config_presets", "config_text", "failures", "home", "speed", "threads", "watchdog", "whole_file",
)  # fmt: skip
ROOMS = ("mind", "memory", "composition")  # these three do not know one another
LIFEFORM = (
    "lifeform", "conversation", "gestation", "voice", "interaction", "in_view", "slips", "speech", "rescue", "impulse",
    "evaluation", "schooling", "state", "state_files", "state_pickles", "state_rotation", "status", "diary",
)  # fmt: skip
LEVELS: dict[str, int] = {
    **dict.fromkeys(GROUND, 0),
    **dict.fromkeys(ROOMS, 1),
    "learning": 2,
    **dict.fromkeys(LIFEFORM, 3),
    "commands": 4,
    "importing": 5,
    "jobs": 5,
    "runtime": 5,
    "": 6,  # engine/__init__.py, the front door
}
#: Plain data that the lifeform hands out; whoever speaks to it may name the type.
RECORDS = {"engine.memory.record"}
#: All of the engine that a screen may know.
FRONT_DOOR = {"", "api", "config", "commands", "version"}
LONGEST_FILE = 450
LONG_FOR_A_REASON = {
    "engine/config_keys.py": "a table with one entry per configuration key",
    "engine/api.py": "everything that crosses the seam, on one page",
}


@dataclass(frozen=True)
class Import:
    """One import statement: who asks for which module, and whether only a type checker sees it."""

    importer: str
    module: str
    file: Path
    line: int
    for_types_only: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))}


def imports_of(name: str, file: Path) -> Iterator[Import]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        found: list[str] = []
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from engine import home` asks for the module engine.home, `from engine import Engine` for engine.
            found = [inner if (inner := f"{base}.{alias.name}") in FILES else base for alias in node.names]
        for module in found:
            yield Import(name, module, file, getattr(node, "lineno", 0), id(node) in for_types)


IMPORTS = [found for name, file in FILES.items() for found in imports_of(name, file)]


def part(module: str) -> str:
    """The part of the engine that a module belongs to: ``engine.mind.confidence`` belongs to ``mind``."""
    return module.split(".")[1] if "." in module else ""


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


ENGINE = [found for found in IMPORTS if within(found.importer, "engine")]
SCREENS = [found for found in IMPORTS if within(found.importer, "sovl_tui")]


def test_every_part_of_the_engine_has_its_level() -> None:
    assert {part(name) for name in FILES if within(name, "engine")} <= LEVELS.keys()


def test_the_test_sees_what_there_is() -> None:
    assert {"engine", "engine.api", "engine.composition.weights", "sovl_tui.cli"} <= FILES.keys()
    assert any(found.module == "engine.composition.gguf" for found in ENGINE)
    assert any(found.module == "engine.api" for found in SCREENS)


def test_nothing_in_the_engine_imports_upward() -> None:
    upward = [
        str(found)
        for found in ENGINE
        if within(found.module, "engine") and LEVELS[part(found.module)] > LEVELS[part(found.importer)]
    ]
    assert upward == []


def test_mind_memory_and_composition_do_not_know_one_another() -> None:
    across = [
        str(found)
        for found in ENGINE
        if within(found.module, "engine")
        and part(found.importer) in ROOMS
        and part(found.module) in ROOMS
        and part(found.importer) != part(found.module)
    ]
    assert across == []


def test_commands_speak_to_the_lifeform_only() -> None:
    allowed = {*GROUND, *LIFEFORM, "commands"}
    spoken_to = [found for found in ENGINE if part(found.importer) == "commands" and within(found.module, "engine")]
    assert [str(f) for f in spoken_to if part(f.module) not in allowed and f.module not in RECORDS] == []


def test_screens_know_the_front_door_only() -> None:
    deeper = [
        str(found) for found in SCREENS if within(found.module, "engine") and part(found.module) not in FRONT_DOOR
    ]
    assert deeper == []


def test_the_engine_knows_nothing_of_screens() -> None:
    screens = ("sovl_tui", "textual", "rich", "plotext", "curses")
    assert [str(found) for found in ENGINE if within(found.module, *screens)] == []


def test_the_mind_is_plain_python() -> None:
    heavy = ("torch", "numpy", "transformers", "peft")
    assert [str(found) for found in ENGINE if part(found.importer) == "mind" and within(found.module, *heavy)] == []


def test_no_circle() -> None:
    graph: dict[str, set[str]] = {name: set() for name in FILES}
    for found in IMPORTS:
        if found.module in FILES and found.module != found.importer and not found.for_types_only:
            graph[found.importer].add(found.module)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"these import one another: {' <- '.join(error.args[1])}")


@pytest.mark.parametrize("door", ["engine", "engine.commands", "engine.api", "sovl_tui.cli"])
def test_a_front_door_opens_lightly(door: str) -> None:
    code = f"""
import sys
import {door}
heavy = {{"torch", "transformers", "textual", "numpy", "peft", "tokenizers", "huggingface_hub"}} & set(sys.modules)
sys.exit(", ".join(sorted(heavy)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_drawer_for_odds_and_ends() -> None:
    vague = {"utils", "util", "helpers", "misc", "common", "tools", "stuff"}
    assert [str(file) for file in FILES.values() if file.stem in vague] == []


def test_no_file_is_too_long_to_read() -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES.values()
    }
    assert {
        name: lines for name, lines in lengths.items() if lines > LONGEST_FILE and name not in LONG_FOR_A_REASON
    } == {}


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        str(file)
        for file in FILES.values()
        if (text := file.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []
