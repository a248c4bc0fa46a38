"""Earlier states: kept, counted, restorable, and in nobody's way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from driving import running, tiny_config
from lives import awake
from observing import moved_adapters, teach

from engine.api import Outcome, Output
from engine.state_files import META, SCAFFOLD, SavedState, read_state, write_state
from engine.state_rotation import earlier_states


def state(number: int) -> SavedState:
    return SavedState({"n": number, "saved_at": 1000.0 + number}, {SCAFFOLD: b"adapters %d" % number})


def numbers(prefix: Path) -> list[int]:
    """Which states are kept, the one in use first."""
    held = [read_state(place) for place in (prefix, *(one.prefix for one in earlier_states(prefix)))]
    assert all(one is not None and one.parts[SCAFFOLD] == b"adapters %d" % one.meta["n"] for one in held)
    return [one.meta["n"] for one in held if one is not None]


def test_what_is_replaced_is_kept_the_newest_first(tmp_path: Path) -> None:
    prefix = tmp_path / "state"
    for number in range(1, 6):
        write_state(prefix, state(number), keep=2)
    assert numbers(prefix) == [5, 4, 3]
    write_state(prefix, state(6), keep=4)
    assert numbers(prefix) == [6, 5, 4, 3]
    write_state(prefix, state(7), keep=0)
    assert numbers(prefix) == [7]


def test_without_links_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", forbidden)
    for number in (1, 2):
        write_state(tmp_path / "state", state(number), keep=5)
    assert numbers(tmp_path / "state") == [2, 1]


@pytest.mark.parametrize("left", [".making", ".removing"])
def test_what_a_dead_process_left_goes(tmp_path: Path, left: str) -> None:
    prefix = tmp_path / "state"
    for number in (1, 2):
        write_state(prefix, state(number), keep=5)
    (tmp_path / "state.earlier" / left).mkdir()
    (tmp_path / "state.earlier" / left / "state_meta.json").write_text("{")
    (tmp_path / "state.earlier" / "notes of mine").mkdir()
    assert numbers(prefix) == [2, 1]
    assert not (tmp_path / "state.earlier" / left).exists()


@pytest.mark.parametrize("harm", ["{", "[]", '{"checksums": {"/../../x": "y"}}', '{"checksums": {"_no.json": "y"}}'])
def test_a_damaged_state_is_not_kept(tmp_path: Path, harm: str) -> None:
    prefix = tmp_path / "state"
    write_state(prefix, state(1), keep=5)
    prefix.with_name("state" + META).write_text(harm)
    write_state(prefix, state(2), keep=5)
    assert numbers(prefix) == [2]


def test_any_of_them_comes_back(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    with running(tmp_path / "life", tiny_config(tiny_folders["llama"], states_kept=3)) as driver:
        assert driver.say("states").outcome is Outcome.OK
        driver.say("save")
        life = driver.engine._life
        assert life is not None
        for weight in (0.1, 0.2, 0.3):
            driver.say(f"/tune cross {weight}")
            driver.say("save")
        driver.say("states")
        assert [event.text for event in driver.of(Output)][-1].count("--earlier") == 3
        driver.say("/load --earlier 2")
        assert life.pinned_weight == 0.1
        driver.say("/load")
        assert life.pinned_weight == 0.3
        driver.say("/load --earlier 3")
        assert life.pinned_weight is None
        for line, says in (
            ("/load --earlier 9", "3 earlier"),
            ("/load --earlier 0", "from 1"),
            ("/load x", "no state"),
        ):
            done = driver.say(line)
            assert done.outcome is Outcome.REFUSED and says in done.message and life.pinned_weight is None


@pytest.mark.parametrize("harm", ["truncated", "not a number"])
def test_where_the_last_one_is_no_good_the_one_before_it_is_taken(
    tmp_path: Path, tiny_folders: dict[str, Path], harm: str
) -> None:
    with awake(tmp_path / "life", tiny_folders["llama"]) as life:
        teach(life)
        life.save()
        learned = moved_adapters(life)
        life.lifecycle.grow(["a"], 3.0)
        life.save()
        file = life.home.state_dir / f"state{SCAFFOLD}"
    if harm == "truncated":
        file.write_bytes(file.read_bytes()[:1000])
    else:
        from hashlib import sha256

        from safetensors.torch import load, save

        data = save({name: torch.full_like(t, torch.nan) for name, t in load(file.read_bytes()).items()})
        file.unlink()  # the earlier state has a link to it
        file.write_bytes(data)
        meta = file.with_name("state" + META)
        told = json.loads(meta.read_text())
        told["checksums"][SCAFFOLD] = sha256(data).hexdigest()
        meta.unlink()
        meta.write_text(json.dumps(told))
    with awake(tmp_path / "life", tiny_folders["llama"]) as life:
        assert moved_adapters(life) == learned and life.lifecycle.exposure == 0.0
        (warning,) = life.warnings
        assert "it goes on from the save of" in warning and "kept in" in warning
        assert len(list(life.home.state_dir.glob("state.aside-*/state_*"))) == 3


def test_what_is_not_finite_never_takes_the_place_of_a_good_state(
    tmp_path: Path, tiny_folders: dict[str, Path]
) -> None:
    with running(tmp_path / "life", tiny_config(tiny_folders["llama"])) as driver:
        driver.say("hello")
        life = driver.engine._life
        assert life is not None
        teach(life)
        driver.say("save")
        learned = moved_adapters(life)
        with torch.no_grad():
            next(iter(life.composed.scaffold.adapters().values())).fill_(torch.nan)
        done = driver.say("save")
        assert done.outcome is Outcome.REFUSED and "not finite" in done.message and "panic" in done.message
        assert driver.say("panic").outcome is Outcome.OK
        assert moved_adapters(life) == learned
        assert driver.say("hello").outcome is Outcome.OK
