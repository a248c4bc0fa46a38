"""Read a GGUF file: what it says about itself, and where each tensor lies.

GGUF is the single-file format of llama.cpp: a header of typed key-value pairs, a table of tensors, then the tensors.
The file comes from somewhere else, so nothing in it is trusted: every length is checked against what the file can
hold *before* anything is allocated or sliced, and any surprise is a :class:`GgufError` with one clear line.

The layout follows the format's public description (``docs/gguf.md`` of the ggml project, versions 2 and 3,
little-endian). Numbers of blocks and bytes come from :mod:`engine.composition.dequantize`.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.composition.dequantize import FORMATS, BlockFormat

Expected = TypeVar("Expected", str, int, float, bool)

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
MAX_DIMENSIONS = 4
MAX_NAME_BYTES = 256
_SMALLEST_PAIR = 8 + 4 + 1  # an empty key, its type, one byte of value
_SMALLEST_TENSOR = 8 + 4 + 8 + 4 + 8  # an empty name, its rank, one dimension, its format, its offset
_STRING, _ARRAY = 8, 9
# GGUF's scalar types by number, as little-endian NumPy types.
_SCALARS: dict[int, np.dtype[Any]] = {
    0: np.dtype("<u1"),
    1: np.dtype("<i1"),
    2: np.dtype("<u2"),
    3: np.dtype("<i2"),
    4: np.dtype("<u4"),
    5: np.dtype("<i4"),
    6: np.dtype("<f4"),
    7: np.dtype("?"),
    10: np.dtype("<u8"),
    11: np.dtype("<i8"),
    12: np.dtype("<f8"),
}


class GgufError(ValueError):
    """The file is not a GGUF file that can be used; ``str`` is one clear line without the file's name."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One entry of the tensor table, already checked against the size of the file.

    ``shape`` is in NumPy's order (rows first), ``start`` and ``size`` are bytes from the beginning of the file.
    """

    name: str
    shape: tuple[int, ...]
    format: BlockFormat
    start: int
    size: int

    @property
    def elements(self) -> int:
        """The number of weights."""
        return prod(self.shape)


class GgufFile:
    """A mapped GGUF file: ``metadata`` by key, ``tensors`` by name. Use it in a ``with`` block.

    Raises :class:`GgufError` for anything that is not a well-formed file, and :class:`OSError` where the file
    cannot be read at all.
    """

    def __init__(self, path: Path) -> None:
        self.metadata: dict[str, Any] = {}
        self.tensors: dict[str, Tensor] = {}
        with path.open("rb") as handle:
            handle.seek(0, 2)
            if handle.tell() == 0:
                raise GgufError("the file is empty")
            self.buffer = mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self._read_header()
        except BaseException:
            self.buffer.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.buffer.close()

    def value(self, key: str, kind: type[Expected], default: Expected | None = None) -> Expected:
        """The metadata value of ``key``, checked to be of ``kind``; ``default`` where the file does not have it."""
        found = self.metadata.get(key, default)
        if found is None:
            raise GgufError(f"the metadata has no {key}")
        if kind is float and isinstance(found, int) and not isinstance(found, bool):
            found = float(found)
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            raise GgufError(f"{key} should be of type {kind.__name__}, but is {found!r:.60}")
        return found

    def rows(self, tensor: Tensor) -> NDArray[np.uint8]:
        """The stored bytes of ``tensor`` as ``[rows, bytes per row]``, copied out of the mapping."""
        flat = np.frombuffer(self.buffer, np.uint8, tensor.size, tensor.start)
        return flat.reshape(prod(tensor.shape[:-1]), -1).copy()

    def _read_header(self) -> None:
        cursor = _Cursor(self.buffer)
        if cursor.take(4, "the magic number") != MAGIC:
            raise GgufError("this is not a GGUF file (it does not start with GGUF)")
        version = cursor.integer("<I", "the version")
        if version not in VERSIONS:
            raise GgufError(f"GGUF version {version} is not supported (supported: 2 and 3, little-endian)")
        tensor_count = cursor.count(_SMALLEST_TENSOR, "tensors")
        pair_count = cursor.count(_SMALLEST_PAIR, "metadata entries")
        for _ in range(pair_count):
            key = cursor.text("a metadata key", MAX_NAME_BYTES)
            if not key.isprintable():
                raise GgufError(f"the metadata key {key!r} is not plain text")
            if key in self.metadata:
                raise GgufError(f"the metadata key {key!r} appears twice")
            self.metadata[key] = cursor.value(cursor.integer("<I", "a metadata type"), key)
        table = [_read_tensor_entry(cursor) for _ in range(tensor_count)]
        self._place(table, cursor.position)

    def _place(self, table: list[tuple[str, tuple[int, ...], int, int]], end_of_header: int) -> None:
        alignment = self.value("general.alignment", int, DEFAULT_ALIGNMENT)
        if not 1 <= alignment <= 1 << 20 or alignment & (alignment - 1):
            raise GgufError(f"general.alignment is {alignment}, which is not a sensible power of two")
        data_start = -(-end_of_header // alignment) * alignment
        file_size = len(self.buffer)
        occupied = data_start
        for name, shape, type_number, offset in sorted(table, key=lambda entry: entry[3]):
            if name in self.tensors:
                raise GgufError(f"the tensor {name!r} appears twice")
            block = FORMATS.get(type_number)
            if block is None:
                known = ", ".join(sorted(known.name for known in FORMATS.values()))
                raise GgufError(f"tensor {name!r} is stored as type {type_number}, which is not one of {known}")
            if shape[-1] % block.weights:
                raise GgufError(f"tensor {name!r} has rows of {shape[-1]}, not a multiple of {block.weights}")
            size = prod(shape) // block.weights * block.bytes
            start = data_start + offset
            if start + size > file_size:
                raise GgufError(
                    f"tensor {name!r} ends at byte {start + size}, but the file has {file_size} (truncated?)"
                )
            # Tensors on top of each other would let a small file ask for a disk full of weights.
            if start < occupied:
                raise GgufError(f"tensor {name!r} overlaps the one before it")
            occupied = start + size
            self.tensors[name] = Tensor(name, shape, block, start, size)


class _Cursor:
    """A position in the buffer that never reads past the end."""

    def __init__(self, buffer: mmap.mmap) -> None:
        self.buffer = buffer
        self.end = len(buffer)
        self.position = 0

    def need(self, size: int, what: str) -> int:
        """Step over ``size`` bytes and return where they started."""
        start = self.position
        if size > self.end - start:
            raise GgufError(f"the file ends inside {what} (byte {self.end}; truncated?)")
        self.position = start + size
        return start

    def take(self, size: int, what: str) -> bytes:
        """The next ``size`` bytes."""
        start = self.need(size, what)
        return self.buffer[start : start + size]

    def integer(self, layout: str, what: str) -> int:
        """One unsigned integer in :mod:`struct` notation."""
        start = self.need(struct.calcsize(layout), what)
        return int(struct.unpack_from(layout, self.buffer, start)[0])

    def count(self, smallest: int, what: str) -> int:
        """A 64-bit count of things that take at least ``smallest`` bytes each."""
        number = self.integer("<Q", f"the number of {what}")
        if number * smallest > self.end - self.position:
            raise GgufError(f"the header claims {number} {what}, more than the file can hold")
        return number

    def text(self, what: str, longest: int | None = None) -> str:
        """A length and so many bytes of UTF-8."""
        size = self.integer("<Q", f"the length of {what}")
        if longest is not None and size > longest:
            raise GgufError(f"{what} claims to be {size} bytes long")
        try:
            return self.take(size, what).decode("utf-8")
        except UnicodeDecodeError as error:
            raise GgufError(f"{what} is not valid UTF-8") from error

    def value(self, type_number: int, key: str) -> Any:
        """One metadata value: a Python scalar, a string, a list of strings or a NumPy array."""
        if type_number == _STRING:
            return self.text(key)
        if type_number == _ARRAY:
            return self._array(key)
        kind = self._scalar(type_number, key)
        return np.frombuffer(self.buffer, kind, 1, self.need(kind.itemsize, key))[0].item()

    def _array(self, key: str) -> list[str] | NDArray[Any]:
        type_number = self.integer("<I", f"the element type of {key}")
        if type_number == _STRING:
            return [self.text(key) for _ in range(self.count(8, f"strings in {key}"))]
        kind = self._scalar(type_number, key)
        length = self.count(kind.itemsize, f"numbers in {key}")
        return np.frombuffer(self.buffer, kind, length, self.need(length * kind.itemsize, key)).copy()

    @staticmethod
    def _scalar(type_number: int, key: str) -> np.dtype[Any]:
        kind = _SCALARS.get(type_number)
        if kind is None:
            raise GgufError(f"{key} has the unknown value type {type_number}")
        return kind


def _read_tensor_entry(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = cursor.text("a tensor's name", MAX_NAME_BYTES)
    rank = cursor.integer("<I", f"the rank of {name!r}")
    if not 1 <= rank <= MAX_DIMENSIONS:
        raise GgufError(f"tensor {name!r} has {rank} dimensions (possible: 1 to {MAX_DIMENSIONS})")
    # The file lists the fastest dimension first; NumPy and Transformers list it last.
    shape = tuple(cursor.integer("<Q", f"the shape of {name!r}") for _ in range(rank))[::-1]
    if not all(shape):
        raise GgufError(f"tensor {name!r} has an empty dimension: {list(shape)}")
    return name, shape, cursor.integer("<I", f"the format of {name!r}"), cursor.integer("<Q", f"the offset of {name!r}")
