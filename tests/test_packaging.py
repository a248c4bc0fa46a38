"""The wheel: it holds everything, works far away from the checkout, and says the version that the code says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from engine.resources import resource
from engine.version import __version__

ROOT = Path(__file__).parents[1]


# --- in the checkout


@pytest.mark.parametrize("name", ["config.json", "data", "data/sample_log.jsonl", "styles"])
def test_resources_are_found_in_the_checkout(name: str) -> None:
    assert resource(name) == ROOT / name


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../engine/api.py", "data/../../x"])
def test_a_resource_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(ValueError, match="relative path"):
        resource(name)


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"data/nothing\.jsonl"):
        resource("data/nothing.jsonl")


def test_the_sample_log_is_fit_for_training() -> None:
    lines = resource("data/sample_log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) >= 50
    assert all(row.keys() == {"prompt", "response"} for row in rows)
    assert all(text.strip() == text and 2 < len(text) < 400 for row in rows for text in row.values())
    assert len({row["prompt"].casefold() for row in rows}) == len(rows)


def locked(name: str) -> dict[str, str]:
    pairs = re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in pairs}


def test_the_lock_files_cover_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    run, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert run["torch"] == "2.13.0"
    assert not [name for name in run | dev if name.startswith(("nvidia", "cuda", "triton"))]
    assert not run.keys() & dev.keys()
    asked_to_run = project["project"]["dependencies"] + project["build-system"]["requires"]
    asked_for_tests = project["project"]["optional-dependencies"]["dev"]
    for requirement in asked_to_run + asked_for_tests:
        match = re.fullmatch(r"([\w-]+)(>=|==)[\d.]+(,<\d+)?", requirement)
        assert match, f"{requirement} has no lower bound"
        name = match.group(1).replace("_", "-").lower()
        assert name in (run if requirement in asked_to_run else run | dev), f"{name} is not in the lock file"


# --- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", place, ROOT]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel in it and nothing of the checkout."""
    place = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", place, wheel]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return place


def run_installed(installed: Path, tmp_path: Path, *command: str | Path) -> str:
    """The output of ``command`` run in an empty folder, where only the installed packages can be found."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_holds_all_of_it_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert wheel.name == f"sovl-{__version__}-py3-none-any.whl"
    for package in ("engine", "sovl_tui"):
        sources = [file for file in (ROOT / package).rglob("*") if file.suffix in (".py", ".cpp", ".h")]
        assert {str(file.relative_to(ROOT)) for file in sources} <= names
    shipped = [ROOT / "config.json", *(ROOT / "data").glob("*"), *(ROOT / "styles").glob("*")]
    assert {f"engine/_resources/{file.relative_to(ROOT)}" for file in shipped} <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"engine", "sovl_tui", f"sovl-{__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name]


def test_it_runs_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    assert __version__ in run_installed(installed, tmp_path, installed / "bin" / "sovl", "--version")


def test_its_resources_are_found_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = """
import json
from engine.resources import resource
print(json.dumps({name: str(resource(name)) for name in ("config.json", "data/sample_log.jsonl", "styles")}))
"""
    found = json.loads(run_installed(installed, tmp_path, sys.executable, "-c", code))
    assert {name: str(installed / "engine" / "_resources" / name) for name in found} == found
    assert Path(found["config.json"]).read_bytes() == (ROOT / "config.json").read_bytes()
