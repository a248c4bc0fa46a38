"""The packed model: it computes what Transformers does from the same file, and the same bits however it is asked."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tiny_gguf
import torch

from engine.composition.bridge import Influence
from engine.composition.composition import Cancelled, Composition
from engine.composition.dequantize import FORMATS as BLOCK_FORMATS
from engine.composition.dequantize import BlockFormat, dequantize
from engine.composition.dreams import DreamPositions
from engine.composition.frozen import FrozenModel, load_frozen
from engine.composition.gguf import GgufFile
from engine.composition.gguf_to_folder import write_folder
from engine.composition.packed import build
from engine.composition.packed.model import PackedLlama, packed_twin
from engine.composition.packed.packing import FORMATS, PACKED_FILE
from engine.composition.prompt import Prompt
from engine.composition.scaffold import LoraSettings

TEXT = "the hello well the world hello the 123 and hello the well"
FULL = Influence(weight=0.9, threshold=0.0)
CLOSE = 2e-3
"""Keys and values are kept in half precision, and activations in 15 bits."""

COARSE = 2e-2
"""The same, where a context was read with fewer bits."""

compiled = pytest.mark.skipif(build.kernel() is None, reason="there is no C++ compiler here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tiny")
    with GgufFile(tiny_gguf.write(made / "tiny.gguf")) as model:
        write_folder(model, made, "tiny")
    return made


@pytest.fixture(scope="module")
def base(folder: Path) -> FrozenModel:
    return load_frozen("tiny", folder)


@pytest.fixture
def packed(base: FrozenModel) -> PackedLlama:
    assert base.packed is not None
    return base.packed


@pytest.fixture
def ids(base: FrozenModel) -> list[int]:
    found: list[int] = base.tokenizer(TEXT)["input_ids"]
    assert len(found) > 24
    return found


@pytest.fixture
def composition(base: FrozenModel) -> Iterator[Composition]:
    modules = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    composed = Composition(base, base, [1], LoraSettings(4, 8.0, 0.0, modules))
    generator = torch.Generator().manual_seed(1)
    adapters = composed.scaffold.adapters()
    composed.scaffold.set_adapters({n: torch.randn(t.shape, generator=generator) * 0.3 for n, t in adapters.items()})
    yield composed


def said(composition: Composition, ids: list[int], influence: Influence, *, packed: bool) -> torch.Tensor:
    """Logits for the last five tokens of ``ids``, read afresh on the one path or the other."""
    keep = composition.packed
    composition.packed = keep if packed else None
    try:
        composition.forget_reading()
        utterance = composition.listen(Prompt(ids[:-4], TEXT, question=3), influence)
        assert utterance.weight == influence.weight
        return torch.stack([utterance.logits(token) for token in ids[-5:]])
    finally:
        composition.packed = keep
        composition.forget_reading()


def stack(packed: PackedLlama, ids: list[int], portion: int) -> torch.Tensor:
    """Logits after each of ``ids``, read so many at a time."""
    cache, rows = packed.new_cache(), []
    for start in range(0, len(ids), portion):
        states = packed.embed(ids[start : start + portion])
        packed.forward(states, cache)
        cache.length += len(states)
        rows.append(packed.finish(states, logits=True))
    return torch.cat(rows)


# --- packing


@pytest.mark.parametrize(
    "block", [kind for kind in BLOCK_FORMATS.values() if kind.name in FORMATS], ids=lambda k: k.name
)
def test_a_block_taken_apart_is_the_block(block: BlockFormat) -> None:
    own = FORMATS[block.name]
    random = np.random.default_rng(0)
    blocks = np.frombuffer(random.bytes(64 * block.bytes), np.uint8).reshape(64, -1).copy()
    scales = random.normal(0, 0.1, (64, own.scales // 2)).astype("<f2")
    blocks[:, : own.scales] = scales.view(np.uint8)
    d, m = scales[:, :1].astype(np.float32), scales[:, 1:].astype(np.float32).sum(1, keepdims=True)
    found = (own.integers(blocks).astype(np.float32) - own.offset) * d + m
    np.testing.assert_array_equal(found, dequantize(blocks, block))
    assert own.integers(blocks).max() < 1 << own.bits


def test_a_file_in_other_formats_is_converted_without_a_packed_twin(tmp_path: Path) -> None:
    table = tiny_gguf.tensors()
    shape = table["blk.1.ffn_up.weight"][0]
    table["blk.1.ffn_up.weight"] = (shape, 0, np.zeros(shape, "<f4").tobytes())
    with GgufFile(tiny_gguf.write(tmp_path / "mixed.gguf", table=table)) as model:
        write_folder(model, tmp_path, "mixed")
    assert (tmp_path / "model.safetensors").is_file()
    assert not (tmp_path / PACKED_FILE).exists()


# --- the kernel


@compiled
def test_it_computes_what_transformers_computes(base: FrozenModel, packed: PackedLlama, ids: list[int]) -> None:
    with torch.inference_mode():
        expected = base.model(torch.tensor([ids])).logits[0]
    found = stack(packed, ids, len(ids))
    assert found.shape == expected.shape
    assert float((found - expected).abs().max()) < CLOSE * float(expected.abs().max())
    assert torch.equal(found.argmax(-1), expected.argmax(-1))


@compiled
@pytest.mark.parametrize("portion", [1, 2, 7, 9])
def test_the_bits_do_not_depend_on_what_is_read_together(packed: PackedLlama, ids: list[int], portion: int) -> None:
    long = (ids * 4)[:90]  # more than one stretch
    assert torch.equal(stack(packed, long, portion), stack(packed, long, len(long)))


@compiled
def test_the_bits_do_not_depend_on_the_threads(packed: PackedLlama, ids: list[int]) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = stack(packed, ids, 5), stack(packed, ids, 1)
        torch.set_num_threads(3)
        together = stack(packed, ids, 5), stack(packed, ids, 1)
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


@compiled
def test_many_tokens_are_read_on_all_threads_and_have_the_same_bits(packed: PackedLlama, ids: list[int]) -> None:
    long = (ids * 4)[:90]
    alone = stack(packed, long, len(long))
    packed.reading_threads = 3
    try:
        assert all(torch.equal(stack(packed, long, len(long)), alone) for _ in range(20))
    finally:
        packed.reading_threads = 1


@compiled
def test_with_avx2_alone_it_computes_the_same(folder: Path, base: FrozenModel, tmp_path: Path) -> None:
    import ctypes

    compiler = build.compiler()
    assert compiler is not None
    library = ctypes.CDLL(str(build.compiled(compiler, tmp_path, ("-march=x86-64-v3", "-O1"))))
    ids = base.tokenizer(TEXT)["input_ids"]
    plain = stack(PackedLlama(folder, base.model, library), ids, 6)
    assert base.packed is not None
    assert torch.allclose(plain, stack(base.packed, ids, 6), atol=1e-4)


# --- in the composition


@compiled
def test_it_tells_the_format_that_its_matrices_are_in(packed: PackedLlama) -> None:
    assert packed.format in FORMATS


@compiled
@pytest.mark.parametrize("bits", ["int8", "int4"])
def test_it_computes_from_its_file_s_blocks_however_few_bits_stand_beside(
    folder: Path, packed: PackedLlama, ids: list[int], bits: str
) -> None:
    beside = load_frozen("tiny", folder, bits, torch.device("cpu"))
    assert beside.packed is not None and beside.layers[0].self_attn.q_proj.weight.dtype in (torch.int8, torch.uint8)
    assert torch.equal(stack(beside.packed, ids, len(ids)), stack(packed, ids, len(ids)))


@compiled
def test_silence_is_the_bare_base_bit_for_bit(composition: Composition, ids: list[int]) -> None:
    bare = composition.bare_logits(ids)
    for influence in (Influence(weight=0.0), Influence(weight=0.9, blend=0.0), Influence(weight=0.9, threshold=2.0)):
        composition.gate.trained = True
        composition.forget_reading()
        utterance = composition.listen(Prompt(ids, TEXT, question=3), influence)
        assert utterance.weight == 0.0
        assert torch.equal(utterance.logits(ids[-1]), bare)


@compiled
@pytest.mark.parametrize("influence", [FULL, dataclasses.replace(FULL, weight=0.4)], ids=["loud", "low"])
def test_influence_is_what_the_general_path_makes_of_it(
    composition: Composition, ids: list[int], influence: Influence
) -> None:
    general = said(composition, ids, influence, packed=False)
    found = said(composition, ids, influence, packed=True)
    size = float(general.abs().max())
    assert float((found - general).abs().max()) < COARSE * size
    assert float((found - said(composition, ids, Influence(0.0), packed=True)).abs().max()) > 3 * COARSE * size


@compiled
def test_dreams_join_the_context_as_on_the_general_path(composition: Composition, ids: list[int]) -> None:
    generator = torch.Generator().manual_seed(2)
    traces = [{f"{what}.1": torch.randn(2, 16, generator=generator) for what in ("keys", "values")} for _ in range(3)]
    dreams = DreamPositions.of([(trace, 1.5) for trace in traces], torch.device("cpu"))
    dreaming = dataclasses.replace(FULL, dreams=dreams)
    general = said(composition, ids, dreaming, packed=False)
    found = said(composition, ids, dreaming, packed=True)
    size = float(general.abs().max())
    assert float((found - general).abs().max()) < COARSE * size
    assert float((found - said(composition, ids, FULL, packed=True)).abs().max()) > 3 * COARSE * size


@compiled
def test_a_conversation_goes_on_where_it_was(composition: Composition, ids: list[int]) -> None:
    first = composition.listen(Prompt(ids[:12], TEXT), FULL)
    first.logits(ids[11])
    again = composition.listen(Prompt(ids, TEXT), FULL)
    assert again.cached_tokens == 11
    continued = again.logits(ids[-1])
    composition.forget_reading()
    assert torch.equal(composition.listen(Prompt(ids, TEXT), FULL).logits(ids[-1]), continued)


@compiled
def test_what_was_said_in_silence_is_not_read_again(composition: Composition, ids: list[int]) -> None:
    silent = composition.listen(Prompt(ids[:12], TEXT))
    for token in ids[11:20]:
        silent.logits(token)
    again = composition.listen(Prompt(ids, TEXT))
    assert again.cached_tokens == 20
    bare = composition.bare_logits(ids)
    assert torch.allclose(again.logits(ids[-1]), bare, atol=COARSE * float(bare.abs().max()))


@compiled
def test_what_was_learned_answers_as_in_a_fresh_conversation(composition: Composition, ids: list[int]) -> None:
    fresh = composition.listen(Prompt([*ids[:2], *ids[9:16]], TEXT, preamble=2, question=2), FULL).read(ids[15:20])
    later = composition.listen(Prompt(ids[:16], TEXT, preamble=2, question=9), FULL).read(ids[15:20])
    assert torch.equal(later, fresh)


@compiled
@pytest.mark.parametrize("question", [0, 7], ids=["fresh", "going on"])
def test_tokens_that_were_read_can_be_taken_back(composition: Composition, ids: list[int], question: int) -> None:
    for influence in (FULL, Influence(0.0)):
        composition.forget_reading()
        utterance = composition.listen(Prompt(ids[:12], TEXT, question=question), influence)
        once = utterance.read(ids[11:15])
        utterance.keep(2)
        assert torch.equal(utterance.read(ids[13:15]), once[2:])


@compiled
def test_it_can_be_stopped_and_goes_on_where_it_was(composition: Composition, ids: list[int]) -> None:
    composition.forget_reading()
    with pytest.raises(Cancelled):
        composition.listen(Prompt(ids, TEXT), FULL, cancelled=lambda: True)
    stopped = composition.listen(Prompt(ids, TEXT), FULL).logits(ids[-1])
    composition.forget_reading()
    assert torch.equal(composition.listen(Prompt(ids, TEXT), FULL).logits(ids[-1]), stopped)


# --- where there is no kernel


@pytest.fixture
def unbuilt() -> Iterator[None]:
    build.kernel.cache_clear()
    yield
    build.kernel.cache_clear()


@pytest.mark.usefixtures("unbuilt")
@pytest.mark.parametrize(
    ("variable", "value"),
    [("SOVL_KERNEL", "off"), ("CXX", "/no/such/compiler"), ("CXX", "false")],
    ids=["unwanted", "no compiler", "a compiler that fails"],
)
def test_without_a_kernel_transformers_computes(
    folder: Path, base: FrozenModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv("SOVL_CACHE", str(tmp_path))
    monkeypatch.setenv(variable, value)
    assert packed_twin(folder, base.model) is None


def test_a_failed_compilation_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(subprocess.SubprocessError):
        build.compiled("false", tmp_path)
    assert list(tmp_path.iterdir()) == []
