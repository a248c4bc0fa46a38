"""Write a safetensors file a piece at a time, so that a model is never in memory as a whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NAMES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "U8": np.dtype("u1")}
#: Tensors begin at multiples of this many bytes, a cache line, where the sizes of those before them allow it.
_ALIGNMENT = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor to write: its data type by the format's name, its shape, and what gives its values in order."""

    dtype: str
    shape: tuple[int, ...]
    pieces: Callable[[], Iterator[NDArray[Any]]]

    @property
    def nbytes(self) -> int:
        """Bytes in the file."""
        return prod(self.shape) * _NAMES[self.dtype].itemsize


def write_safetensors(
    path: Path, entries: Mapping[str, Entry], metadata: Mapping[str, str], progress: Callable[[int], None]
) -> None:
    """Write ``entries`` in order, synced to the disk; ``progress`` gets the number of bytes of every piece.

    The format: the header's length (8 bytes), a JSON header padded with spaces, then the tensors.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt", **metadata}}
    position = 0
    for name, entry in entries.items():
        end = position + entry.nbytes
        header[name] = {"dtype": entry.dtype, "shape": list(entry.shape), "data_offsets": [position, end]}
        position = end
    encoded = json.dumps(header).encode("utf-8")
    encoded += b" " * (-(len(encoded) + 8) % _ALIGNMENT)
    with path.open("wb") as handle:
        handle.write(len(encoded).to_bytes(8, "little"))
        handle.write(encoded)
        for entry in entries.values():
            for piece in entry.pieces():
                # Costs nothing on the little-endian machines that there are, and is right on the others.
                values = np.ascontiguousarray(piece.astype(_NAMES[entry.dtype], copy=False))
                handle.write(values.data)
                progress(values.nbytes)
        handle.flush()
        os.fsync(handle.fileno())
