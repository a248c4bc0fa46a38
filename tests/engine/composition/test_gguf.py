"""Reading GGUF: every storage format to the bit, a whole model through Transformers, and files that lie."""

from __future__ import annotations

import itertools
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_gguf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file

from engine.composition.dequantize import FORMATS, dequantize
from engine.composition.gguf import GgufError, GgufFile
from engine.composition.gguf_to_folder import bytes_needed, write_folder
from engine.composition.tokenizer_from_gguf import tokenizer_files


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gguf.write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def folder(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("converted")
    with GgufFile(source) as model:
        write_folder(model, made, "tiny")
    return made


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder)


# --- the numbers


@pytest.mark.parametrize("number", FORMATS, ids=lambda number: FORMATS[number].name)
def test_every_format_reads_like_the_reference(number: int) -> None:
    import gguf

    block = FORMATS[number]
    reference = gguf.GGMLQuantizationType(number)
    assert (block.weights, block.bytes) == gguf.GGML_QUANT_SIZES[reference]
    stored = np.random.default_rng(number).integers(0, 256, (6, 4 * block.bytes), np.uint8)
    with np.errstate(all="ignore"):  # random bytes hold infinities and NaNs, which must come out the same, too
        expected = gguf.dequantize(stored, reference) if number else stored.view(np.float32)
        found = dequantize(stored, block)
    assert found.dtype == np.float32
    assert found.shape == (6, 4 * block.weights)
    np.testing.assert_array_equal(found, np.asarray(expected, np.float32).reshape(found.shape))


def test_a_converted_model_is_what_transformers_makes_of_the_file(source: Path, folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
    ours = AutoModelForCausalLM.from_pretrained(folder)
    expected = reference.state_dict()
    found = ours.state_dict()
    assert found.keys() == expected.keys()
    assert [name for name in found if not torch.equal(found[name], expected[name])] == []
    for key in ("rope_parameters", "num_key_value_heads", "head_dim", "max_position_embeddings", "tie_word_embeddings"):
        assert getattr(ours.config, key) == getattr(reference.config, key)
    prompt = torch.tensor([[5, 17, 200, 31, 8, 9]])
    assert torch.equal(ours(prompt).logits, reference(prompt).logits)


def test_an_untied_head_is_kept(tmp_path: Path) -> None:
    table = tiny_gguf.tensors()
    table["output.weight"] = tiny_gguf.tensors(seed=1)["token_embd.weight"]
    with GgufFile(tiny_gguf.write(tmp_path / "untied.gguf", table=table)) as model:
        write_folder(model, tmp_path, "untied")
    weights = load_file(tmp_path / "model.safetensors")
    assert not np.array_equal(weights["lm_head.weight"], weights["model.embed_tokens.weight"])
    assert json.loads((tmp_path / "config.json").read_text())["tie_word_embeddings"] is False


def test_progress_grows_to_one_and_the_need_is_an_upper_bound(source: Path, tmp_path: Path) -> None:
    seen: list[float] = []
    with GgufFile(source) as model:
        write_folder(model, tmp_path, "tiny", seen.append)
        need = bytes_needed(model)
    assert len(seen) >= 20
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= need


# --- the tokenizer


@pytest.mark.parametrize(
    "text",
    [
        "hello the world",
        "  two  spaces and\n\n\nlines\t",
        "1234 + 56 = 1290",
        "naïve Ünïcödé, 日本語, ٣٤, ½, Ⅳ",
        "emoji 🦊👩‍👩‍👧 and zero\u200bwidth",
        "<|im_start|>user\nhello<|im_end|>",
        "it's we'll they'd",
        "\u0000\u001b[31mred\u001b[0m",
    ],
)
def test_text_comes_back_as_it_went_in(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_each_digit_is_a_token_and_leaves_the_spaces_before_it_together(tokenizer: Any) -> None:
    assert tokenizer.tokenize("a  12") == ["a", "ĠĠ", "1", "2"]


def test_merges_and_control_tokens_are_used(tokenizer: Any) -> None:
    assert tokenizer.tokenize("hello the<|im_end|>") == ["hello", "Ġthe", "<|im_end|>"]
    assert tokenizer.decode(tokenizer.encode("hello<|im_end|>"), skip_special_tokens=True) == "hello"
    ids = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id)
    assert ids == (1, 2, 2, 0)
    assert tokenizer.model_max_length == 128


def test_the_chat_template_travels(tokenizer: Any) -> None:
    chat = [{"role": "user", "content": "hello"}]
    assert tokenizer.apply_chat_template(chat, tokenize=False) == "<|im_start|>user\nhello<|im_end|>\n"


def test_an_answer_ends_at_every_end_token(folder: Path) -> None:
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == [2, 0]


def test_a_start_token_is_added_where_the_file_asks_for_it(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    changed = tiny_gguf.metadata(**{"tokenizer.ggml.add_bos_token": (tiny_gguf.BOOL, True)})
    with GgufFile(tiny_gguf.write(tmp_path / "start.gguf", changed)) as model:
        write_folder(model, tmp_path, "start")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.encode("hello")[0] == 1


# --- files that lie


def change(**changes: Any) -> dict[str, tuple[int, Any]]:
    return tiny_gguf.metadata(**changes)


TOKENS, KINDS, MERGES = tiny_gguf.vocabulary()
U32, STRING, ARRAY, I32, F32 = tiny_gguf.U32, tiny_gguf.STRING, tiny_gguf.ARRAY, tiny_gguf.I32, tiny_gguf.F32


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"general__architecture": (STRING, "mamba")}, "mamba"),
        ({"general__architecture": None}, "general.architecture"),
        ({"general__alignment": (U32, 24)}, "alignment"),
        ({"llama__block_count": (U32, 4_000_000_000)}, "4000000000 layers"),
        ({"llama__block_count": (U32, 3)}, "blk.2.attn_norm.weight"),
        ({"llama__block_count": (U32, 1)}, "does not belong"),
        ({"llama__attention__head_count": (U32, 0)}, "above zero"),
        ({"llama__attention__head_count": (U32, 3)}, "evenly"),
        ({"llama__attention__head_count": (STRING, "four")}, "type int"),
        ({"llama__embedding_length": (U32, 128)}, "positions"),
        ({"llama__feed_forward_length": (U32, 97)}, "should have [97, 64]"),
        ({"llama__rope__freq_base": (F32, float("nan"))}, "above zero"),
        ({"llama__rope__scaling__type": (STRING, "yarn")}, "scaled positions"),
        ({"llama__expert_count": (U32, 8)}, "experts"),
        ({"tokenizer__ggml__model": (STRING, "llama")}, "cannot be rebuilt"),
        ({"tokenizer__ggml__pre": (STRING, "unheard-of")}, "unheard-of"),
        ({"tokenizer__ggml__tokens": None}, "tokenizer.ggml.tokens"),
        ({"tokenizer__ggml__tokens": (ARRAY, (STRING, ["a", *TOKENS[1:-1], "a"]))}, "twice"),
        ({"tokenizer__ggml__tokens": (ARRAY, (STRING, [*TOKENS, "more"]))}, "one entry per token"),
        ({"tokenizer__ggml__token_type": (ARRAY, (I32, KINDS[1:]))}, "one entry per token"),
        ({"tokenizer__ggml__merges": (ARRAY, (STRING, ["no such"]))}, "merge"),
        ({"tokenizer__ggml__merges": (ARRAY, (STRING, ["h e l"]))}, "merge"),
        ({"tokenizer__ggml__eos_token_id": (U32, 99_999)}, "outside the vocabulary"),
    ],
)
def test_metadata_that_does_not_fit(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    path = tiny_gguf.write(tmp_path / "odd.gguf", change(**changes))
    with pytest.raises(GgufError) as caught, GgufFile(path) as model:
        write_folder(model, tmp_path, "odd")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model.safetensors").exists()


def test_tensors_that_do_not_fit(tmp_path: Path) -> None:
    table = tiny_gguf.tensors()
    shape, _, stored = table["output_norm.weight"]
    for odd, complaint in [
        ((shape, 99, stored), "type 99"),
        ((shape, 0, stored[:0]), "ends at byte"),
        (((0,), 0, stored), "empty dimension"),
        (((1,) * 5, 0, stored), "5 dimensions"),
        (((33,), 8, stored), "multiple of 32"),
        (((2**62, 2**62), 0, stored), "ends at byte"),
    ]:
        path = tiny_gguf.write(tmp_path / "odd.gguf", table={**table, "output_norm.weight": odd})
        with pytest.raises(GgufError, match=complaint):
            GgufFile(path)


def test_tensors_on_top_of_each_other_are_refused(source: Path, tmp_path: Path) -> None:
    content = bytearray(source.read_bytes())
    entry = content.index(b"output_norm.weight") + len(b"output_norm.weight") + 4 + 8 + 4
    content[entry : entry + 8] = struct.pack("<Q", 0)
    path = tmp_path / "overlap.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError, match="overlaps"):
        GgufFile(path)


@pytest.mark.parametrize("place", [8, 16], ids=["tensors", "metadata"])
def test_a_huge_count_is_refused_before_anything_is_made(source: Path, tmp_path: Path, place: int) -> None:
    content = bytearray(source.read_bytes())
    content[place : place + 8] = struct.pack("<Q", 2**63)
    path = tmp_path / "huge.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError, match="more than the file can hold"):
        GgufFile(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "empty"),
        (b"GG", "ends inside"),
        (b"PK\x03\x04 a zip file", "not a GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (b"GGUF" + struct.pack(">IQQ", 3, 0, 0), "version"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 2**40) + b"k" * 99, "bytes long"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"\xff" + bytes(20), "UTF-8"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k" + struct.pack("<I", 77), "type 77"),
    ],
)
def test_what_is_no_gguf_file(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(content)
    with pytest.raises(GgufError, match=complaint):
        GgufFile(path)


def test_a_file_cut_anywhere_is_refused(source: Path, tmp_path: Path) -> None:
    content = source.read_bytes()
    path = tmp_path / "cut.gguf"
    last_tensor = len(content) - tiny_gguf.HIDDEN * 4
    for size in itertools.chain(range(1, 2_000, 37), range(2_000, last_tensor, len(content) // 60)):
        path.write_bytes(content[:size])
        with pytest.raises(GgufError):
            GgufFile(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8))
def test_damage_in_the_header_gives_a_clear_error_or_none(
    source: Path, tmp_path: Path, damage: list[tuple[float, int]]
) -> None:
    content = bytearray(source.read_bytes())
    header = content.index(b"output_norm.weight") + 40
    for where, value in damage:
        content[int(where * header)] = value
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    try:
        with GgufFile(path) as model:
            tokenizer_files(model)
            write_folder(model, tmp_path, "damaged")
    except GgufError as error:
        assert "\n" not in str(error)
