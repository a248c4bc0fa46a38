"""States that somebody made up: refused in one line, and the life goes on as it was."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lives import awake, marks
from observing import teach
from safetensors.torch import load, save

from engine.lifeform import Lifeform
from engine.memory.dreams import Dream
from engine.state import restore
from engine.state_files import (
    CROSS_ATTENTION,
    META,
    SCAFFOLD,
    TOKEN_MAP,
    SavedState,
    StateError,
    read_state,
    recover_all,
    write_state,
)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, tiny_folders: dict[str, Path]) -> Iterator[Lifeform]:
    with awake(tmp_path_factory.mktemp("homes") / "life", tiny_folders["llama"]) as alive:
        teach(alive)
        alive.composed.memory.interaction([5, 6, 7], 0.9, 0.95)
        alive.dreams.dreams.append(Dream(1, (0.5, 0.5), 1.0, {}))
        alive.save()
        yield alive


def state_of(life: Lifeform) -> SavedState:
    held = read_state(life.state_prefix())
    assert held is not None and held.parts.keys() == {SCAFFOLD, CROSS_ATTENTION, TOKEN_MAP}
    return held


def header(claimed: int, text: bytes = b"{}") -> bytes:
    """A file of tensors whose header claims to have so many bytes."""
    return struct.pack("<Q", claimed) + text


def one_tensor(**entry: Any) -> bytes:
    about = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **entry}}).encode()
    return header(len(about), about) + b"\0" * 8


TENSORS = {
    "header beyond the file": header(2**63),
    "header of a gigabyte": header(2**30, b"{" * 100),
    "no header": b"\0" * 4,
    "header that is no JSON": header(4, b"abcd"),
    "deep header": header(200_000, b"[" * 200_000),
    "offsets beyond the data": one_tensor(data_offsets=[0, 2**40]),
    "negative offsets": one_tensor(data_offsets=[-8, 0]),
    "a shape that overflows": one_tensor(shape=[2**40, 2**40]),
    "an unknown type": one_tensor(dtype="F33"),
    "another tensor": one_tensor(),
}


@pytest.mark.parametrize("part", [SCAFFOLD, CROSS_ATTENTION])
@pytest.mark.parametrize("harm", TENSORS)
def test_tensors_that_are_none(life: Lifeform, part: str, harm: str) -> None:
    refused(life, {}, {part: TENSORS[harm]})


def nan(tensor: torch.Tensor) -> torch.Tensor:
    return torch.full_like(tensor, torch.nan)


CHANGES: dict[str, Callable[[str, torch.Tensor], tuple[str, torch.Tensor] | None]] = {
    "not a number": lambda name, t: (name, nan(t)),
    "infinite": lambda name, t: (name, t / 0),
    "another shape": lambda name, t: (name, torch.stack([t, t])),
    "without one": lambda name, t: None,
    "out of the folder": lambda name, t: ("../../" + name, t),
    "absolute": lambda name, t: ("/etc/" + name, t),
    "NUL": lambda name, t: (name + "\0", t),
    "long": lambda name, t: (name * 300, t),
}


@pytest.mark.parametrize("part", [SCAFFOLD, CROSS_ATTENTION])
@pytest.mark.parametrize("harm", CHANGES)
def test_tensors_that_do_not_fit(life: Lifeform, part: str, harm: str) -> None:
    tensors = load(state_of(life).parts[part])
    name = next(name for name in tensors if not name.startswith("dream."))
    changed = CHANGES[harm](name, tensors.pop(name))
    refused(life, {}, {part: save(tensors if changed is None else {**tensors, changed[0]: changed[1].contiguous()})})


MIND = {
    "confidence": [None, [], "0.5", {"values": [float("nan")], "trace": []}, {"values": [2.0], "trace": []}, {}],
    "temperament": [None, [], {"u": float("nan"), "mood": "calm", "history": [], "trace": []}, {"u": 0.0, "mood": 3}],
    "lifecycle": [None, "x", {"exposure": float("inf"), "lived": []}, {"exposure": 1.0, "lived": [3]}],
    "pinned_weight": ["0.5", float("nan"), float("inf"), [], -1.0],
    "last_trained": ["yesterday", float("nan"), {}],
    "saved_at": ["yesterday", float("nan"), float("inf"), []],
    "slept_at_temperament": ["calm", float("nan")],
    "lora_alpha": ["16", float("nan"), float("inf")],
    "chance": [5, "zz", "00", [1]],
    "dreams": [None, 5, ["x"], [{"memory_id": 1}], [{"memory_id": float("inf"), "weight": 1.0}], [{"weight": 1.0}]],
    "models": [None, [], {}, {"base model": ["LlamaForCausalLM"]}],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in MIND for value in MIND[key]], ids=ascii)
def test_a_mind_that_is_none(life: Lifeform, key: str, value: Any) -> None:
    refused(life, {key: value}, {})


DEEP = b"[" * 100_000
TOKENS = [b"", b"\xff", b"[]", b"null", DEEP, b'{"step": 1e999, "tokens": []}', b'{"step": 1, "tokens": 3}']
METADATA = [b"", b"[]", b"{}", b"\xff\xfe", b"NaN", DEEP, b'{"format": 1}', b'{"format": 1e400, "checksums": {}}']


@pytest.mark.parametrize("tokens", [*TOKENS, b'{"step": 1, "tokens": [[1, NaN, 0]]}'], ids=range(len(TOKENS) + 1))
def test_a_token_map_that_is_none(life: Lifeform, tokens: bytes) -> None:
    refused(life, {}, {TOKEN_MAP: tokens})


def refused(life: Lifeform, meta: dict[str, Any], parts: dict[str, bytes]) -> None:
    """Taking up the saved state with these changes is refused in one line, and changes nothing."""
    held = state_of(life)
    before = marks(life)
    with pytest.raises(StateError) as refusal:
        restore(life, SavedState({**held.meta, **meta}, {**held.parts, **parts}))
    line = str(refusal.value)
    assert line.isprintable() and len(line) < 1000
    assert marks(life) == before


# -- files that are not what they seem ---------------------------------------------------------------------------------


def rewritten(prefix: Path, data: bytes) -> None:
    """Vouch for other adapters."""
    meta = prefix.with_name(f"state{META}")
    told = json.loads(meta.read_text())
    told["checksums"][SCAFFOLD] = hashlib.sha256(data).hexdigest()
    meta.write_text(json.dumps(told))


@pytest.mark.parametrize("metadata", METADATA, ids=range(len(METADATA)))
def test_metadata_that_is_none(tmp_path: Path, metadata: bytes) -> None:
    prefix = tmp_path / "state"
    write_state(prefix, SavedState({}, {SCAFFOLD: b"mine"}))
    prefix.with_name(f"state{META}").write_bytes(metadata)
    with pytest.raises(StateError) as refusal:
        read_state(prefix)
    assert str(refusal.value).isprintable()
    write_state(prefix, SavedState({"n": 2}, {}), keep=3)
    assert read_state(prefix) is not None


def test_links_are_never_written_through(tmp_path: Path) -> None:
    """A file that is a link is read as what it leads to, and replaced as what it is."""
    prefix, mine = tmp_path / "state", tmp_path / "precious"
    write_state(prefix, SavedState({"n": 1}, {SCAFFOLD: b"old"}))
    mine.write_bytes(b"precious")
    scaffold = prefix.with_name(f"state{SCAFFOLD}")
    scaffold.unlink()
    scaffold.symlink_to(mine)
    with pytest.raises(StateError, match="checksum"):
        read_state(prefix)
    rewritten(prefix, b"precious")
    held = read_state(prefix)
    assert held is not None and held.parts[SCAFFOLD] == b"precious"
    write_state(prefix, SavedState({"n": 2}, {SCAFFOLD: b"new"}), keep=2)
    assert mine.read_bytes() == b"precious" and not scaffold.is_symlink() and scaffold.read_bytes() == b"new"


@pytest.mark.parametrize("ending", ["writing", "written", "earlier"])
def test_folders_that_are_links_lose_nothing_that_they_lead_to(tmp_path: Path, ending: str) -> None:
    prefix, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    write_state(prefix, SavedState({"n": 1}, {SCAFFOLD: b"old"}))
    elsewhere.mkdir()
    (elsewhere / "precious").write_bytes(b"precious")
    prefix.with_name(f"state.{ending}").symlink_to(elsewhere)
    recover_all(tmp_path)
    for work in (lambda: read_state(prefix), lambda: write_state(prefix, SavedState({"n": 2}, {}), keep=2)):
        try:
            work()
        except StateError as error:
            assert str(error).isprintable()
        assert (elsewhere / "precious").read_bytes() == b"precious"
