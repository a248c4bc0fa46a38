"""Lay the blocks of a GGUF file out as the kernel reads them. Nothing is rounded: the same integers, the same scales.

A weight is ``d · (q − offset) + m``: q has 4 or 8 bits, and each block of 32 columns has one d and, in some formats,
one m, both in half precision. Sixteen rows make a tile. A matrix becomes up to three tensors:

- ``NAME.q`` ``[tiles, blocks, bytes]``, per block eight groups of 16 rows × 4 columns; of 4-bit integers the groups 2i
  and 2i + 1 share their bytes, the first in the low halves;
- ``NAME.d`` and, where the format has minima, ``NAME.m``: ``[tiles, blocks, 16]``.

Matrices that read the same input are stacked: queries, keys and values; gate and up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.composition.dequantize import Bytes, fifth_bits, nibbles
from engine.composition.gguf import GgufFile, Tensor
from engine.composition.safetensors_file import Entry

PACKED_FILE = "packed.safetensors"
LAYOUT = "1"
ROWS, BLOCK = 16, 32
_WIDEST_HEAD = 256
_TILES = 256  # laid out at once


@dataclass(frozen=True, slots=True)
class Blocks:
    """How a block format keeps its integers.

    Attributes:
        bits: In how many the kernel keeps them.
        offset: What is subtracted from them.
        scales: Bytes of d, or of d and m, at the block's beginning.
        integers: Blocks ``[n, bytes]`` to ``[n, 32]``.
    """

    bits: int
    offset: int
    scales: int
    integers: Callable[[Bytes], Bytes]


FORMATS = {
    "Q4_0": Blocks(4, 8, 2, lambda blocks: nibbles(blocks[:, 2:])),
    "Q4_1": Blocks(4, 0, 4, lambda blocks: nibbles(blocks[:, 4:])),
    "Q5_0": Blocks(8, 16, 2, lambda blocks: nibbles(blocks[:, 6:]) | fifth_bits(blocks[:, 2:6])),
    "Q5_1": Blocks(8, 0, 4, lambda blocks: nibbles(blocks[:, 8:]) | fifth_bits(blocks[:, 4:8])),
    "Q8_0": Blocks(8, 128, 2, lambda blocks: blocks[:, 2:] ^ np.uint8(128)),
}
"""The formats that the kernel computes with."""

_STACKS = {
    "qkv": ("attn_q", "attn_k", "attn_v"),
    "out": ("attn_output",),
    "gate_up": ("ffn_gate", "ffn_up"),
    "down": ("ffn_down",),
}
_NORMS = {"attention_norm": "attn_norm", "mlp_norm": "ffn_norm"}


def packed_entries(
    source: GgufFile, config: dict[str, Any], rows_of: Callable[[Tensor], Bytes]
) -> tuple[dict[str, Entry], dict[str, str]] | None:
    """What to write into :data:`PACKED_FILE`: tensors, and the format of each matrix; None where the kernel cannot.

    Args:
        source: The file.
        config: ``config.json`` of the model.
        rows_of: A matrix' stored rows, in Transformers' order.
    """
    stacks, norms = _tensors(source, config["num_hidden_layers"])
    if not (
        config["head_dim"] % ROWS == 0
        and config["head_dim"] <= _WIDEST_HEAD
        and config["hidden_size"] % BLOCK == 0
        and all(tensor.format.name == "F32" for tensor in norms.values())
        and all(_can_stack(stack) for stack in stacks.values())
    ):
        return None
    entries = {name: Entry("F32", tensor.shape, partial(_norm, tensor, rows_of)) for name, tensor in norms.items()}
    for name, stack in stacks.items():
        entries |= _matrix(name, stack, rows_of)
    # Integers come in whole cache lines; in front of the rest they all begin with one.
    ordered = dict(sorted(entries.items(), key=lambda item: item[1].dtype != "U8"))
    return ordered, {"layout": LAYOUT, **{name: stack[0].format.name for name, stack in stacks.items()}}


def _tensors(source: GgufFile, layers: int) -> tuple[dict[str, list[Tensor]], dict[str, Tensor]]:
    """What belongs to each matrix of the kernel, and to each norm."""
    tensors = source.tensors
    stacks = {"head": [tensors.get("output.weight") or tensors["token_embd.weight"]]}
    norms = {"norm": tensors["output_norm.weight"]}
    for layer in range(layers):
        for name, parts in _STACKS.items():
            stacks[f"{layer}.{name}"] = [tensors[f"blk.{layer}.{part}.weight"] for part in parts]
        for name, part in _NORMS.items():
            norms[f"{layer}.{name}"] = tensors[f"blk.{layer}.{part}.weight"]
    return stacks, norms


def _can_stack(stack: list[Tensor]) -> bool:
    """Whether these make one matrix: one format that the kernel knows, and whole tiles but for the last."""
    return len({part.format.name for part in stack}) == 1 and all(
        part.format.name in FORMATS and (part is stack[-1] or part.shape[0] % ROWS == 0) for part in stack
    )


def _norm(tensor: Tensor, rows_of: Callable[[Tensor], Bytes]) -> Iterator[NDArray[Any]]:
    yield rows_of(tensor).view("<f4")


def _matrix(name: str, stack: list[Tensor], rows_of: Callable[[Tensor], Bytes]) -> dict[str, Entry]:
    kind = FORMATS[stack[0].format.name]
    tiles = -(-sum(part.shape[0] for part in stack) // ROWS)
    blocks = stack[0].shape[1] // BLOCK

    def some() -> Iterator[Bytes]:
        """The stored blocks ``[tiles, 16, blocks, bytes]``, some at a time; rows that the last one lacks are 0."""
        rows = np.concatenate([rows_of(part) for part in stack])
        rows = np.pad(rows, ((0, tiles * ROWS - len(rows)), (0, 0)))
        tiled = rows.reshape(tiles, ROWS, blocks, -1)
        yield from (tiled[start : start + _TILES] for start in range(0, tiles, _TILES))

    def integers() -> Iterator[NDArray[Any]]:
        for tiled in some():
            values = kind.integers(tiled.reshape(-1, tiled.shape[3])).reshape(-1, ROWS, blocks, 8, 4)
            yield _grouped(values, kind.bits)

    def scales(start: int) -> Iterator[NDArray[Any]]:
        for tiled in some():
            halves = np.ascontiguousarray(tiled[..., start : start + 2]).view("<f2")[..., 0]
            yield halves.swapaxes(1, 2)

    entries = {f"{name}.q": Entry("U8", (tiles, blocks, ROWS * BLOCK * kind.bits // 8), integers)}
    for start, what in zip(range(0, kind.scales, 2), "dm", strict=False):
        entries[f"{name}.{what}"] = Entry("F16", (tiles, blocks, ROWS), partial(scales, start))
    return entries


def _grouped(integers: Bytes, bits: int) -> Bytes:
    """Tiles ``[tiles, 16, blocks, 8, 4]`` to ``[tiles, blocks, groups, 16, 4]``, two groups to a byte of 4-bit ones."""
    groups = integers.transpose(0, 2, 3, 1, 4)
    return groups if bits == 8 else groups[:, :, 0::2] | (groups[:, :, 1::2] << np.uint8(4))
