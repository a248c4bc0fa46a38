"""Turn the block formats of llama.cpp back into float32.

A quantised row is a run of blocks; each block holds a few small integers and the scales that turn them into weights.
Each function below takes the raw bytes of ``n`` blocks as ``[n, bytes per block]`` and gives their weights as float32
``[n, weights per block]``. The order of the floating-point operations is that of ``gguf-py``, so that the result is
the same to the last bit as what Transformers makes of the same file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BlockFormat:
    """One storage format: its name, how many weights and bytes a block has, and how a block is read."""

    name: str
    weights: int
    bytes: int
    read: Callable[[Bytes], Floats]


def dequantize(rows: Bytes, block: BlockFormat) -> Floats:
    """Stored rows ``[r, bytes per row]`` to float32 ``[r, weights per row]``."""
    return block.read(rows.reshape(-1, block.bytes)).reshape(rows.shape[0], -1)


def _halves(blocks: Bytes, start: int) -> Floats:
    """The 16-bit float at byte ``start`` of every block, as a column."""
    return np.ascontiguousarray(blocks[:, start : start + 2]).view("<f2").astype(np.float32)


def nibbles(packed: Bytes) -> Bytes:
    """``[n, k]`` bytes to ``[n, 2k]``: all low halves first, then all high halves."""
    return np.concatenate([packed & 15, packed >> 4], axis=1)


def fifth_bits(packed: Bytes) -> Bytes:
    """Four bytes a block to 32 values, each 0 or 16."""
    return np.unpackbits(packed, axis=1, bitorder="little") << np.uint8(4)


def _f32(blocks: Bytes) -> Floats:
    return blocks.view("<f4").astype(np.float32, copy=False)


def _f16(blocks: Bytes) -> Floats:
    return blocks.view("<f2").astype(np.float32)


def _bf16(blocks: Bytes) -> Floats:
    return (blocks.view("<u2").astype(np.uint32) << np.uint32(16)).view(np.float32)


def _q8_0(blocks: Bytes) -> Floats:
    return np.ascontiguousarray(blocks[:, 2:]).view(np.int8).astype(np.float32) * _halves(blocks, 0)


def _q4_0(blocks: Bytes) -> Floats:
    weights = nibbles(blocks[:, 2:]).astype(np.float32)
    weights -= 8
    weights *= _halves(blocks, 0)
    return weights


def _q4_1(blocks: Bytes) -> Floats:
    weights = nibbles(blocks[:, 4:]).astype(np.float32)
    weights *= _halves(blocks, 0)
    weights += _halves(blocks, 2)
    return weights


def _q5_0(blocks: Bytes) -> Floats:
    weights = (nibbles(blocks[:, 6:]) | fifth_bits(blocks[:, 2:6])).astype(np.float32)
    weights -= 16
    weights *= _halves(blocks, 0)
    return weights


def _q5_1(blocks: Bytes) -> Floats:
    weights = (nibbles(blocks[:, 8:]) | fifth_bits(blocks[:, 4:8])).astype(np.float32)
    weights *= _halves(blocks, 0)
    weights += _halves(blocks, 2)
    return weights


def _k_scales(blocks: Bytes) -> tuple[Floats, Floats]:
    """Eight 6-bit scales and eight 6-bit minima of a K-block, packed in bytes 4 to 16; both ``[n, 8, 1]``."""
    low, middle, high = blocks[:, 4:8], blocks[:, 8:12], blocks[:, 12:16]
    scales = np.concatenate([low & 63, (high & 15) | ((low >> 2) & 48)], axis=1).astype(np.float32)
    minima = np.concatenate([middle & 63, (high >> 4) | ((middle >> 2) & 48)], axis=1).astype(np.float32)
    return (_halves(blocks, 0) * scales)[:, :, None], (_halves(blocks, 2) * minima)[:, :, None]


def _q4_k(blocks: Bytes) -> Floats:
    scales, minima = _k_scales(blocks)
    packed = blocks[:, 16:].reshape(-1, 4, 1, 32)
    weights = np.concatenate([packed & 15, packed >> 4], axis=2).reshape(-1, 8, 32).astype(np.float32)
    weights *= scales
    weights -= minima
    return weights.reshape(-1, 256)


def _q5_k(blocks: Bytes) -> Floats:
    scales, minima = _k_scales(blocks)
    packed = blocks[:, 48:].reshape(-1, 4, 1, 32)
    low = np.concatenate([packed & 15, packed >> 4], axis=2).reshape(-1, 8, 32)
    shifts = np.arange(8, dtype=np.uint8)[None, :, None]
    fifth = (blocks[:, 16:48].reshape(-1, 1, 32) >> shifts) & 1
    weights = (low | (fifth << np.uint8(4))).astype(np.float32)
    weights *= scales
    weights -= minima
    return weights.reshape(-1, 256)


def _q6_k(blocks: Bytes) -> Floats:
    packed = blocks[:, :128].reshape(-1, 2, 1, 64)
    low = np.concatenate([packed & 15, packed >> 4], axis=2).reshape(-1, 8, 32)
    shifts = np.array([0, 2, 4, 6], np.uint8)[None, None, :, None]
    high = ((blocks[:, 128:192].reshape(-1, 2, 1, 32) >> shifts) & 3).reshape(-1, 8, 32)
    weights = (low | (high << np.uint8(4))).astype(np.float32).reshape(-1, 16, 16)
    weights -= 32
    scales = np.ascontiguousarray(blocks[:, 192:208]).view(np.int8).astype(np.float32)
    weights *= (_halves(blocks, 208) * scales)[:, :, None]
    return weights.reshape(-1, 256)


#: The formats that can be read, by their number in the file.
FORMATS: dict[int, BlockFormat] = {
    0: BlockFormat("F32", 1, 4, _f32),
    1: BlockFormat("F16", 1, 2, _f16),
    2: BlockFormat("Q4_0", 32, 18, _q4_0),
    3: BlockFormat("Q4_1", 32, 20, _q4_1),
    6: BlockFormat("Q5_0", 32, 22, _q5_0),
    7: BlockFormat("Q5_1", 32, 24, _q5_1),
    8: BlockFormat("Q8_0", 32, 34, _q8_0),
    12: BlockFormat("Q4_K", 256, 144, _q4_k),
    13: BlockFormat("Q5_K", 256, 176, _q5_k),
    14: BlockFormat("Q6_K", 256, 210, _q6_k),
    30: BlockFormat("BF16", 1, 2, _bf16),
}
