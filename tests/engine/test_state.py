"""Saved states: all or nothing, checked, and exact."""

from __future__ import annotations

import errno
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from driving import tiny_config

from engine import Home, state_files
from engine.composition.prompt import Prompt
from engine.lifeform import Lifeform
from engine.state_files import META, PARTS, SCAFFOLD, TOKEN_MAP, SavedState, StateError, read_state, write_state

OLD = SavedState({"n": 1}, {SCAFFOLD: b"old adapters", TOKEN_MAP: b"{}"})
NEW = SavedState({"n": 2}, {SCAFFOLD: b"new adapters"})


def held(prefix: Path) -> SavedState | None:
    state = read_state(prefix)
    if state is not None:
        state.meta.pop("format")
        state = replace(state, recovered="")
    return state


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_state(tmp_path / "state") is None
    write_state(tmp_path / "state", OLD)
    assert held(tmp_path / "state") == OLD
    write_state(tmp_path / "state", NEW)
    assert held(tmp_path / "state") == NEW
    assert sorted(p.name for p in tmp_path.iterdir()) == ["state_meta.json", "state_scaffold.safetensors"]


def fail_at(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ``count``-th call that changes the disk fail as a full disk does."""
    calls = itertools.count()

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if next(calls) == count:
                raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))
            return real(*args, **kwargs)

        return call

    for owner, name in ((Path, "replace"), (Path, "rename"), (Path, "mkdir"), (Path, "unlink")):
        monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    for name in ("write_synced", "_sync_folder"):
        monkeypatch.setattr(state_files, name, counted(getattr(state_files, name)))


@pytest.mark.parametrize("count", range(14))
def test_a_disk_that_fails_anywhere_leaves_a_whole_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    prefix = tmp_path / "state"
    write_state(prefix, OLD)
    failed = False
    with monkeypatch.context() as patch:
        fail_at(count, patch)
        try:
            write_state(prefix, NEW)
        except StateError as error:
            failed = True
            assert "No space left" in str(error) and "\n" not in str(error)
    assert held(prefix) in (OLD, NEW)
    if not failed:
        assert held(prefix) == NEW
    write_state(prefix, OLD)
    assert held(prefix) == OLD
    assert not list(tmp_path.glob("state.writ*"))


@pytest.mark.parametrize("ending", [META, SCAFFOLD])
@pytest.mark.parametrize("harm", ["truncate", "flip", "remove"])
def test_harm_is_noticed(tmp_path: Path, ending: str, harm: str) -> None:
    prefix = tmp_path / "state"
    write_state(prefix, OLD)
    file = prefix.with_name("state" + ending)
    data = file.read_bytes()
    match harm:
        case "truncate":
            file.write_bytes(data[: len(data) // 2])
        case "flip":
            file.write_bytes(data[:5] + bytes([data[5] ^ 0xFF]) + data[6:])
        case "remove":
            file.unlink()
    if (ending, harm) == (META, "remove"):
        assert read_state(prefix) is None
        return
    with pytest.raises(StateError) as refusal:
        read_state(prefix)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("change", [{"format": 99}, {"checksums": {"_evil.pth": "x"}}, {"checksums": None}])
def test_foreign_metadata_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    prefix = tmp_path / "state"
    write_state(prefix, OLD)
    meta = prefix.with_name("state" + META)
    meta.write_text(json.dumps({**json.loads(meta.read_text()), **change}))
    with pytest.raises(StateError):
        read_state(prefix)


def test_only_known_parts_are_ever_touched() -> None:
    assert all(part.startswith("_") and part.endswith((".safetensors", ".json")) for part in PARTS)


# -- of a whole lifeform -----------------------------------------------------------------------------------------------


def awake(home: Path, folder: Path, **settings: Any) -> Lifeform:
    life = Lifeform(Home(home).open(), tiny_config(folder, **settings))
    life.awaken(lambda *_: None)
    return life


def teach(life: Lifeform) -> None:
    generator = torch.Generator().manual_seed(3)
    scaffold = life.composed.scaffold
    scaffold.set_adapters({n: torch.randn(t.shape, generator=generator) * 0.3 for n, t in scaffold.adapters().items()})
    life.composed.memory.interaction([5, 6, 7], 0.9, 0.95)
    if life.composed.bridge is not None:
        for block in life.composed.bridge.blocks.values():
            block.gate.data.fill_(0.4)
    life.composed.gate.head[2].bias.data.fill_(8.0)  # sure of everything
    life.composed.gate.trained = True
    life.lifecycle.grow(["a", "b", "c", "d"], 3.0)
    life.pin_weight(0.8)


def logits(life: Lifeform) -> torch.Tensor:
    text = "hello, my cat is called"
    ids = life.composed.base.tokenizer(text)["input_ids"]
    utterance = life.composed.listen(Prompt(ids, text), life.influence(), memory_rate=0.95)
    assert utterance.weight == pytest.approx(0.8) and utterance.recognition > 0.9
    return utterance.logits(ids[-1])


@pytest.mark.parametrize("pair", [("llama", "llama"), ("gpt2", "gpt2"), ("llama", "other")])
def test_a_saved_life_goes_on_bit_for_bit(tmp_path: Path, tiny_folders: dict[str, Path], pair: tuple[str, str]) -> None:
    base, scaffold = tiny_folders[pair[0]], str(tiny_folders[pair[1]])
    first = awake(tmp_path / "home", base, scaffold_model_name=scaffold)
    teach(first)
    before = logits(first)
    first.save()
    first.close()
    first.home.release()
    second = awake(tmp_path / "home", base, scaffold_model_name=scaffold)
    assert not second.warnings or "lora_target_modules" in second.warnings[0]
    assert torch.equal(logits(second), before)
    assert second.lifecycle.exposure == 12.0
    second.close()
    second.home.release()


def test_adapters_of_another_rank_are_refused_whole(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    first = awake(tmp_path / "home", tiny_folders["llama"])
    teach(first)
    first.save()
    first.close()
    first.home.release()
    second = awake(tmp_path / "home", tiny_folders["llama"], lora_rank=4)
    assert "another LoRA rank: 8, not 4" in second.warnings[0]
    assert not second.composed.learned and second.lifecycle.exposure == 0.0
    second.close()
    second.home.release()


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"bridge_form": "auto"}, "another form: 'bridge'"), ({"cross_attn_layers": [3, 5]}, "another bridged layers")],
)
def test_a_bridge_of_another_shape_is_refused_whole(
    tmp_path: Path, tiny_folders: dict[str, Path], changed: dict[str, Any], said: str
) -> None:
    settings = {"bridge_form": "bridge", "cross_attn_layers": [2, 4]}
    first = awake(tmp_path / "home", tiny_folders["llama"], **settings)
    assert first.composed.form == "bridge" and first.composed.scaffold.shared
    teach(first)
    first.save()
    first.close()
    first.home.release()
    second = awake(tmp_path / "home", tiny_folders["llama"], **{**settings, **changed})
    assert said in second.warnings[0]
    assert not second.composed.learned
    second.close()
    second.home.release()


def test_a_read_only_home_is_never_saved_to(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    first = awake(tmp_path / "home", tiny_folders["llama"])
    first.save()
    first.close()
    first.home.release()
    looking = Lifeform(Home(tmp_path / "home").open(read_only=True), tiny_config(tiny_folders["llama"]))
    looking.awaken(lambda *_: None)
    with pytest.raises(StateError, match="read-only"):
        looking.save()
    looking.close()


def test_states_stay_in_the_home_unless_a_path_is_given(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    life = awake(tmp_path / "home", tiny_folders["llama"])
    assert life.state_prefix("my_model") == life.home.state_dir / "my_model"
    assert life.state_prefix(str(tmp_path / "elsewhere" / "x")) == tmp_path / "elsewhere" / "x"
    life.close()
    life.home.release()


def test_a_life_greets_the_world_once(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    first = awake(tmp_path / "home", tiny_folders["llama"])
    assert not first.config.get("has_woken")
    first.ask("Why is the sky blue?")
    first.save()
    first.close()
    first.home.release()
    second = awake(tmp_path / "home", tiny_folders["llama"])
    assert second.config.get("has_woken")
    second.reset(lambda *_: None)
    assert not second.config.get("has_woken")
    second.close()
    second.home.release()


def test_reset_is_a_newborn_and_keeps_files(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    life = awake(tmp_path / "home", tiny_folders["llama"])
    newborn = {n: t.clone() for n, t in life.composed.scaffold.adapters().items()}
    teach(life)
    life.save()
    saved = sorted(p.name for p in life.home.state_dir.iterdir())
    old = life.conversation.id
    new, previous = life.reset(lambda *_: None)
    assert previous == old != new
    assert not life.composed.learned and life.lifecycle.exposure == 0.0 and life.pinned_weight is None
    assert all(torch.equal(newborn[n], t) for n, t in life.composed.scaffold.adapters().items())
    assert sorted(p.name for p in life.home.state_dir.iterdir()) == saved
    life.close()
    life.home.release()
