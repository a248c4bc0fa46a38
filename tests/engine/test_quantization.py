"""Frozen weights in 8 and 4 bits: all that a life does, it does on them as well."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from lives import Ear, awake
from observing import FACTS, TEXT, Watch, heard, teach
from short_nights import shorten_nights

from engine.composition.prompt import Prompt
from engine.composition.trained import copy_of_trained
from engine.learning import sleep as nights
from engine.learning.checkpoint import digest
from engine.lifeform import Lifeform

_BITS = ("int8", "int4")


def logits(life: Lifeform) -> torch.Tensor:
    ids = life.composed.base.tokenizer(TEXT)["input_ids"]
    return life.composed.listen(Prompt(ids, TEXT), life.influence()).logits(ids[-1])


def frozen(life: Lifeform) -> str:
    """All bits of the base."""
    return digest({name: t for name, t in life.composed.base.model.state_dict().items() if isinstance(t, torch.Tensor)})


@pytest.mark.parametrize(
    ("bits", "form"),
    [("int8", "auto"), ("int4", "auto"), *(pytest.param(bits, "bridge", marks=pytest.mark.slow) for bits in _BITS)],
)
def test_identity_sleep_save_and_load_on_fewer_bits(
    tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, bits: str, form: str
) -> None:
    shorten_nights(monkeypatch)
    monkeypatch.setattr(nights, "questions", lambda *_: [])
    monkeypatch.setattr(nights._Night, "_objection", lambda *_: "")
    settings = {"quantization": bits, "bridge_form": form, "context_length": 1024, "enable_lifecycle_weighting": False}
    with awake(tmp_path / "life", tiny_folders["llama"], **settings) as life:
        weights = life.composed.base.layers[0].self_attn.q_proj.weight
        assert weights.dtype in (torch.int8, torch.uint8)
        bare, before = logits(life), frozen(life)
        life.set_config("enable_cross_attention", False)
        assert torch.equal(logits(life), bare), "a newborn is the bare base, bit for bit"
        life.set_config("enable_cross_attention", True)
        for fact in FACTS[:2]:
            life.journal.record(conversation_id="a", prompt=fact, response="I see.")
        born = copy_of_trained(life.composed)
        assert life.sleep(Watch()).startswith("Learned ")
        learned = copy_of_trained(life.composed)
        assert all(tensor.dtype == torch.float32 for tensor in learned.values()), "what trains is in full precision"
        assert not all(torch.equal(born[name], tensor) for name, tensor in learned.items()) and frozen(life) == before
        teach(life)
        life.set_config("enable_cross_attention", False)
        assert torch.equal(logits(life), bare)
        life.set_config("enable_cross_attention", True)
        spoken, moved = logits(life), heard(life)[1]
        life.save()
    with awake(tmp_path / "life", tiny_folders["llama"], **settings) as life:
        assert not life.warnings and torch.equal(logits(life), spoken)
        assert life.generate(Ear(), "hello there", 3).stats.tokens <= 3
    if form == "auto":
        assert moved > 0
        with awake(tmp_path / "life", tiny_folders["llama"], **{**settings, "quantization": "fp16"}) as life:
            assert not life.warnings and heard(life)[1] > 0, "a state belongs to its models, whatever their bits"
