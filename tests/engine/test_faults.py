"""Whatever write fails, and however, what was there before is whole, or what is new; and one clear line says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tiny_gguf
import torch
from faults import FAULTS, disk

from engine.composition.model_folder import WeightsError
from engine.composition.weights_cache import convert_once
from engine.config import Config, ConfigError, load_config
from engine.learning.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from engine.memory.journal import Journal
from engine.memory.record import JournalError
from engine.state_files import (
    CROSS_ATTENTION,
    SCAFFOLD,
    TOKEN_MAP,
    SavedState,
    StateError,
    read_state,
    recover_all,
    write_state,
)
from engine.state_rotation import earlier_states


def write_a_state(place: Path, number: int) -> None:
    parts = {SCAFFOLD: b"adapters %d" % number * 100, (TOKEN_MAP if number % 2 else CROSS_ATTENTION): b"more"}
    write_state(place / "state", SavedState({"n": number, "saved_at": 1000.0 + number}, parts), keep=2)


def state_of(place: Path) -> Any:
    held = read_state(place / "state")
    kept = [read_state(one.prefix) for one in earlier_states(place / "state")]
    for one in (held, *kept):
        assert one is not None and one.parts[SCAFFOLD] == b"adapters %d" % one.meta["n"] * 100
        assert one.parts.keys() - {SCAFFOLD} == {TOKEN_MAP if one.meta["n"] % 2 else CROSS_ATTENTION}
    assert held is not None
    return held.meta["n"]


def write_settings(place: Path, number: int) -> None:
    place.mkdir(exist_ok=True)
    path = place / "config.json"
    config = load_config(path)[0] if path.exists() else Config()
    config.set("top_k", number)
    config.save(path)


def settings_of(place: Path) -> Any:
    return load_config(place / "config.json")[0].get("top_k")


def write_a_checkpoint(place: Path, number: int) -> None:
    write_checkpoint(place / "training" / "checkpoint", {"a": torch.full((64,), float(number))}, {"n": number})


def checkpoint_of(place: Path) -> Any:
    read = read_checkpoint(place / "training" / "checkpoint")
    assert read is not None and bool((read[0]["a"] == read[1]["n"]).all())
    return read[1]["n"]


Write, Read = Callable[[Path, int], None], Callable[[Path], Any]
KEPT: dict[str, tuple[Write, Read, type[Exception]]] = {
    "state": (write_a_state, state_of, StateError),
    "settings": (write_settings, settings_of, ConfigError),
    "checkpoint": (write_a_checkpoint, checkpoint_of, CheckpointError),
}


@pytest.mark.parametrize("what", KEPT)
@pytest.mark.parametrize("fault", FAULTS)
def test_any_write_may_fail(tmp_path: Path, what: str, fault: str) -> None:
    write, read, refusal = KEPT[what]
    for number in (1, 2, 3):
        write(tmp_path / "whole", number)
    files = len(list((tmp_path / "whole").rglob("*")))
    with disk() as counting:
        write(tmp_path / "whole", 4)
    assert counting.calls >= 4
    for failing in range(counting.calls):
        place = tmp_path / f"{failing}"
        for number in (1, 2, 3):
            write(place, number)
        try:
            with disk(failing, fault):
                write(place, 4)
        except refusal as error:
            assert str(error).isprintable() and str(place) in str(error)
            assert read(place) == 3
        else:
            assert read(place) == 4
        write(place, 5)
        assert read(place) == 5
        left = sorted(str(path.relative_to(place)) for path in place.rglob("*"))
        assert len(left) == files and "writ" not in "".join(left), f"{left} after call {failing}"


@pytest.mark.parametrize("fault", FAULTS)
def test_any_write_of_a_conversion_may_fail(tmp_path: Path, fault: str) -> None:
    source = tiny_gguf.write(tmp_path / "tiny.gguf")

    def convert(cache: Path) -> list[str]:
        folder = convert_once(source, "0" * 64, "tiny", cache, lambda *_: None)
        return sorted(f"{path.name} {path.stat().st_size}" for path in folder.iterdir())

    with disk() as counting:
        whole = convert(tmp_path / "whole")
    assert counting.calls > 20
    for failing in range(0, counting.calls, 5):
        cache = tmp_path / f"{failing}"
        try:
            with disk(failing, fault):
                assert convert(cache) == whole
        except WeightsError as error:
            assert str(error).isprintable() and str(cache) in str(error)
        assert convert(cache) == whole
        assert not list(cache.glob("models/.making-*")), f"left over after call {failing}"


def test_a_full_disk_costs_the_journal_only_what_it_could_not_take(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        taken = 0
        with pytest.raises(JournalError, match="full"):
            for number in range(100):
                journal.record(conversation_id="a", prompt=f"{number} " + "x" * 3000, response="I see.")
                taken += 1
        assert 0 < taken < 100
    with Journal.open(tmp_path / "journal.sqlite3") as journal:
        assert [one.prompt.split()[0] for one in journal] == [str(number) for number in range(taken)]
        assert journal._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_saves_that_were_cut_off_are_put_in_order_together(tmp_path: Path) -> None:
    for name in ("a.b", "c", "d"):
        write_state(tmp_path / name, SavedState({"n": 1}, {SCAFFOLD: b"old"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.state_files._finish", lambda _: None)
        write_state(tmp_path / "a.b", SavedState({"n": 2}, {}))
    (tmp_path / "c.writing").mkdir()
    (tmp_path / "c.writing" / f"c{SCAFFOLD}").write_bytes(b"ne")
    (tmp_path / "d.written").mkdir()  # of a program that did not know when to stop
    (tmp_path / "d_meta.json").write_text("{")
    told = recover_all(tmp_path)
    assert [line.split(" was ")[0] for line in told] == ["a save of a.b", "a save of c"]
    states = [read_state(tmp_path / name) for name in ("a.b", "c")]
    assert [state and state.meta["n"] for state in states] == [2, 1]
    assert sorted(path.name for path in tmp_path.glob("*.writ*")) == ["d.written"]


# -- files that others wrote -------------------------------------------------------------------------------------------


def pickled(place: Path, tensors: Any, *, named: str = "_scaffold.pth", checksum: str | None = None) -> Path:
    """A state whose adapters are a file of ``torch.save``."""
    prefix = place / "state"
    file = place / f"state{named}"
    torch.save(tensors, file)
    checksum = hashlib.sha256(file.read_bytes()).hexdigest() if checksum is None else checksum
    meta = {"format": 1, "checksums": {named: checksum}}
    (place / "state_meta.json").write_text(json.dumps(meta))
    return prefix


@pytest.mark.parametrize("middle", [".", ".default."])
def test_tensors_of_torch_save_are_read(tmp_path: Path, middle: str) -> None:
    from safetensors.torch import load

    held = {f"a.lora_A{middle}weight": torch.arange(6.0).view(2, 3).t(), f"a.lora_B{middle}weight": torch.ones(2)}
    state = read_state(pickled(tmp_path, {**held, "a.weight": torch.ones(9)}))
    assert state is not None
    found = load(state.parts[SCAFFOLD])
    assert {name: t.tolist() for name, t in found.items()} == {
        name.replace(".default.", "."): t.tolist() for name, t in held.items()
    }


def test_they_may_stand_in_for_the_file_that_is_named(tmp_path: Path) -> None:
    write_state(tmp_path / "state", SavedState({}, {SCAFFOLD: b"to be replaced"}))
    (tmp_path / f"state{SCAFFOLD}").unlink()
    torch.save({"gate.x": torch.ones(2)}, tmp_path / "state_scaffold.pth")
    state = read_state(tmp_path / "state")
    assert state is not None and b"gate.x" in state.parts[SCAFFOLD]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("owned"),)


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        ({"a": Evil()}, "nothing in it is run"),
        ([torch.ones(2)], "no dictionary"),
        ({"a": 3}, "no dictionary"),
        ({3: torch.ones(2)}, "no dictionary"),
    ],
)
def test_nothing_in_a_pickle_ever_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tensors: Any, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    prefix = pickled(tmp_path, tensors)
    with pytest.raises(StateError, match=says):
        read_state(prefix)
    assert not Path("owned").exists()


@pytest.mark.parametrize("data", [b"", b"not a pickle", b"PK\x03\x04" + b"\0" * 100])
def test_a_damaged_pickle_is_refused(tmp_path: Path, data: bytes) -> None:
    prefix = pickled(tmp_path, {"a": torch.ones(2)})
    (tmp_path / "state_scaffold.pth").write_bytes(data)
    with pytest.raises(StateError, match="damaged"):
        read_state(prefix)
    meta = {"format": 1, "checksums": {"_scaffold.pth": hashlib.sha256(data).hexdigest()}}
    (tmp_path / "state_meta.json").write_text(json.dumps(meta))
    with pytest.raises(StateError, match="is not used: it "):
        read_state(prefix)


@pytest.mark.parametrize("name", ["_x.pth", "/../../x", "/etc/passwd", "\0", "x" * 300, "_meta.json", ""], ids=ascii)
def test_a_file_of_another_name_is_never_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "state_meta.json").write_text(json.dumps({"format": 1, "checksums": {name: "x"}}))
    with pytest.raises(StateError, match="unknown part"):
        read_state(tmp_path / "state")
    write_state(tmp_path / "state", SavedState({}, {}), keep=3)
    assert read_state(tmp_path / "state") is not None and earlier_states(tmp_path / "state") == []


def test_what_is_only_read_is_never_touched(tmp_path: Path) -> None:
    write_a_state(tmp_path, 1)
    with disk() as counting:
        write_a_state(tmp_path, 2)
    for failing in range(counting.calls):
        place = tmp_path / f"{failing}"
        write_a_state(place, 1)
        with pytest.MonkeyPatch.context() as patch, disk(failing):
            patch.setattr("engine.state_files.shutil.rmtree", lambda *_, **__: None)  # it dies rather than tidy up
            with suppress(StateError):
                write_a_state(place, 2)
        before = sorted((str(path), path.stat().st_mtime_ns) for path in place.rglob("*"))
        held = read_state(place / "state", read_only=True)
        assert held is not None and held.parts[SCAFFOLD] == b"adapters %d" % held.meta["n"] * 100
        assert sorted((str(path), path.stat().st_mtime_ns) for path in place.rglob("*")) == before
        assert state_of(place) == held.meta["n"]
