"""What lies far behind is read in 8 bits: nearly the same comes out, and the same bits however it came there."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
import tiny_gguf
import torch

from engine.composition.frozen import FrozenModel, load_frozen
from engine.composition.gguf import GgufFile
from engine.composition.gguf_to_folder import write_folder
from engine.composition.packed import build
from engine.composition.packed.cache import PackedCache
from engine.composition.packed.model import PackedLlama

NEAR = 512
"""Positions before a token, at least, that are read in half precision."""

LONG = 640
CLOSE = 2e-2

pytestmark = pytest.mark.skipif(build.kernel() is None, reason="there is no C++ compiler here")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose heads are whole blocks of 32 channels."""
    made = tmp_path_factory.mktemp("wide")
    two, one, wide = ((tiny_gguf.U32, n) for n in (2, 1, 32))
    entries = tiny_gguf.metadata(
        llama__attention__head_count=two, llama__attention__head_count_kv=one, llama__rope__dimension_count=wide
    )
    with GgufFile(tiny_gguf.write(made / "wide.gguf", entries, tiny_gguf.tensors(heads=2, kv_heads=1))) as model:
        write_folder(model, made, "wide")
    return made


@pytest.fixture(scope="module")
def base(folder: Path) -> FrozenModel:
    return load_frozen("wide", folder)


@pytest.fixture
def packed(base: FrozenModel) -> PackedLlama:
    assert base.packed is not None
    return base.packed


@pytest.fixture(scope="module")
def ids(base: FrozenModel) -> list[int]:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(3, base.model.config.vocab_size, (LONG,), generator=generator).tolist()


def read(packed: PackedLlama, cache: PackedCache, ids: list[int], portion: int) -> torch.Tensor:
    """Logits after each of ``ids`` behind what ``cache`` holds, read so many at a time."""
    rows = []
    for start in range(0, len(ids), portion):
        states = packed.embed(ids[start : start + portion])
        packed.forward(states, cache)
        cache.length += len(states)
        rows.append(packed.finish(states, logits=True))
    return torch.cat(rows)


def test_it_computes_nearly_what_transformers_computes(base: FrozenModel, packed: PackedLlama, ids: list[int]) -> None:
    with torch.inference_mode():
        expected = base.model(torch.tensor([ids])).logits[0]
    found = read(packed, packed.new_cache(), ids, LONG)
    apart = (found - expected).abs().amax(-1) / expected.abs().max()
    assert float(apart.max()) < CLOSE
    assert float(apart[NEAR + 32 :].mean()) > 1.5 * float(apart[:NEAR].mean())  # it is not for nothing that one asks


@pytest.mark.parametrize("portion", [1, 2, 7, 50])
def test_the_bits_do_not_depend_on_what_is_read_together(packed: PackedLlama, ids: list[int], portion: int) -> None:
    whole = read(packed, packed.new_cache(), ids, LONG)
    assert torch.equal(read(packed, packed.new_cache(), ids, portion), whole)


def test_the_bits_do_not_depend_on_the_threads(packed: PackedLlama, ids: list[int]) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = read(packed, packed.new_cache(), ids, 90)
        torch.set_num_threads(3)
        assert torch.equal(read(packed, packed.new_cache(), ids, 90), alone)
    finally:
        torch.set_num_threads(before)


def test_what_was_cut_off_is_forgotten_in_8_bits_too(packed: PackedLlama, ids: list[int]) -> None:
    other = [*ids[:40], *reversed(ids[40:])]
    cache = packed.new_cache()
    read(packed, cache, other, LONG)
    cache.cut(40)
    assert torch.equal(read(packed, cache, ids[40:], 50), read(packed, packed.new_cache(), ids, LONG)[40:])


def test_what_was_taken_over_is_read_as_if_it_had_been_computed(packed: PackedLlama, ids: list[int]) -> None:
    whole, cache = packed.new_cache(), packed.new_cache()
    expected = read(packed, whole, ids, LONG)[600:]
    read(packed, cache, list(reversed(ids)), LONG)
    cache.cut(0)
    cache.take_over(whole, 0, 600, 0)
    assert torch.equal(read(packed, cache, ids[600:], 50), expected)


def test_a_mixture_with_oneself_is_oneself(packed: PackedLlama, ids: list[int]) -> None:
    cache = packed.new_cache()
    read(packed, cache, ids[:630], LONG)
    mixed = cache.mixed_with(cache, [1], range(630), 0.5)
    expected = read(packed, cache, ids[630:], 10)
    assert torch.equal(read(packed, mixed, ids[630:], 10), expected)


def test_with_avx2_alone_it_computes_the_same(
    folder: Path, base: FrozenModel, packed: PackedLlama, ids: list[int], tmp_path: Path
) -> None:
    compiler = build.compiler()
    assert compiler is not None
    library = ctypes.CDLL(str(build.compiled(compiler, tmp_path, ("-march=x86-64-v3", "-O1"))))
    other = PackedLlama(folder, base.model, library)
    plain, expected = (read(one, one.new_cache(), ids, 90) for one in (other, packed))
    assert float((plain - expected).abs().max()) < CLOSE * float(expected.abs().max())
