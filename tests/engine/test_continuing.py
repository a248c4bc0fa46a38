"""Saved, ended, and taken up by another process, a life goes on bit for bit; and its adapters work in plain PEFT."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from lives import Ear, awake
from observing import TEXT, Watch, heard, teach, train

from engine.api import Output
from engine.commands import Call, parse
from engine.composition.trained import copy_of_trained
from engine.learning import to_stay
from engine.learning.checkpoint import digest
from engine.lifeform import Lifeform
from engine.state_files import StateError

ELSEWHERE = """
import json, sys
sys.path[:0] = sys.argv[3].split(":")
from pathlib import Path
import torch
torch.set_num_threads(1)
from lives import awake
from tests.engine.test_continuing import go_on
with awake(Path(sys.argv[1]), Path(sys.argv[2])) as life:
    life.load(sys.argv[4], lambda *_: None)
    print(json.dumps(go_on(life)))
"""


def run(life: Lifeform, line: str) -> str:
    """What a command prints."""
    watch, intent = Watch(), parse(line)
    assert intent.spec is not None
    intent.spec.handler(life, Call(1, intent.args, watch.emit, lambda: False))
    return "\n".join(event.text for event in watch.of(Output))


def go_on(life: Lifeform) -> dict[str, Any]:
    """What comes next in a life: what it would say, what it shows, what one training step makes of it."""
    to_stay.KEPT, to_stay.SHUT = 1, 2
    status = run(life, "status")
    weight, moved = heard(life)
    said = life.generate(Ear(), "hello there", 8).text
    for key, value in {"train_epochs": 1, "batch_size": 16, "valid_split_ratio": 0.0}.items():
        life.set_config(key, value)
    rows = life.home.path / "rows.jsonl"
    rows.write_text("\n".join(json.dumps({"prompt": f"what is {n}?", "response": f"it is {n}"}) for n in range(4)))
    trained = train(life, data=str(rows)).said.splitlines()
    return {
        "status": status.split("\n", 2)[2],  # a new process begins a new conversation
        "weight": weight,
        "moved": moved.hex(),
        "said": said,
        "training": [line for line in trained if line.startswith(("Step", "Learned"))],
        "adapters": digest(copy_of_trained(life.composed)),
    }


def test_it_goes_on_bit_for_bit_in_another_process(
    tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_stay, "KEPT", to_stay.KEPT)
    monkeypatch.setattr(to_stay, "SHUT", to_stay.SHUT)
    saved = str(tmp_path / "saved")
    with awake(tmp_path / "here", tiny_folders["llama"]) as life:
        teach(life)
        for text in ("hello", "tell me about the river"):
            life.chat(Ear(), text)
        life.lifecycle.grow(["a", "b", "c"], 3.0)
        life.pin_weight(0.7)
        life.last_trained = 1_700_000_000.0
        life.save(saved)
        here = go_on(life)
    places = (tmp_path / "there", tiny_folders["llama"], ":".join(sys.path), saved)
    command = [sys.executable, "-c", ELSEWHERE, *map(str, places)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == here
    assert here["training"] and "Last Trained: 2023-11-1" in here["status"] and here["weight"] == 0.7


def test_another_alpha_leaves_what_was_learned_as_loud_as_it_was(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    settings = {"enable_lifecycle_weighting": False}
    with awake(tmp_path / "life", tiny_folders["llama"], lora_alpha=16, **settings) as life:
        teach(life)
        before = heard(life)
        life.save()
    with awake(tmp_path / "life", tiny_folders["llama"], lora_alpha=32, **settings) as life:
        assert not life.warnings and heard(life) == before


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("lora_target_modules", ["q_proj"], "another LoRA modules: ["),
        ("cross_attn_layers", [4, 5], "another adapted layers: [2, 3, 4, 5], not [4, 5]"),
        ("scaffold_model_name", "gpt2", "another scaffold model: 'LlamaForCausalLM of 6 layers"),
    ],
)
def test_a_state_of_another_shape_is_refused_by_what_differs(
    tmp_path: Path, tiny_folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, key: str, value: Any, says: str
) -> None:
    monkeypatch.chdir(tiny_folders["gpt2"].parent)
    with awake(tmp_path / "life", tiny_folders["llama"]) as life:
        teach(life)
        life.save("mine")
    with awake(tmp_path / "life", tiny_folders["llama"], **{key: value}) as life:
        composition = life.composed
        with pytest.raises(StateError) as refused:
            life.load("mine", lambda *_: None)
        assert says in str(refused.value) and life.composed is composition


# -- PEFT --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_exported_adapters_work_in_plain_peft(tmp_path: Path, tiny_folders: dict[str, Path], family: str) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from engine.composition.cache import KVCache

    exported = tmp_path / "exported"
    with awake(tmp_path / "life", tiny_folders[family]) as life:
        teach(life)
        assert f"Adapters exported to {exported}" in run(life, f"/export adapters {exported}")
        ids = torch.tensor([life.composed.base.tokenizer(TEXT)["input_ids"]])
        reading = life.composed._base_reading
        reading.read(ids[0].tolist())
        with torch.inference_mode():
            trunk = reading.trunk.view() if reading.trunk is not None else None
            own = life.composed.scaffold.forward(ids, KVCache(), trunk)
    told = json.loads((exported / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] == str(tiny_folders[family]) and told["r"] == 8
    plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_folders[family]), str(exported)).eval()
    adapted = {
        int(part) for name in plain.state_dict() if ".lora_B." in name for part in name.split(".") if part.isdigit()
    }
    assert adapted == set(told["layers_to_transform"]) == {2, 3, 4, 5}
    with torch.inference_mode():
        theirs = plain(input_ids=ids, output_hidden_states=True).hidden_states[-1]
    assert torch.allclose(own, theirs, atol=1e-5)


def test_where_adapters_cannot_be_written_nothing_is_left(tmp_path: Path, tiny_folders: dict[str, Path]) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with awake(tmp_path / "life", tiny_folders["llama"]) as life:
        with pytest.raises(StateError, match="cannot write"):
            life.export_adapters(tmp_path / "nowhere" / "x")
        with pytest.MonkeyPatch.context() as patch, pytest.raises(StateError, match="No space"):
            patch.setattr("os.rename", full)
            life.export_adapters(tmp_path / "x")
        assert not list(tmp_path.glob("*x*"))
