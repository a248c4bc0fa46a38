"""Where an unfinished training stands, in one file: whatever ends the process, there is a whole one or none.

The file is safetensors; what is not a tensor stands in its header as JSON, so that both change in one rename.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from engine.whole_file import put

FORMAT = 1
_HEADER = "sovl"


class CheckpointError(Exception):
    """The file cannot be written or read; the text is one line."""


def write_checkpoint(path: Path, tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Any]) -> None:
    """Write ``tensors`` and the JSON-ready ``facts`` to ``path``, replacing what is there.

    Raises:
        CheckpointError: When it cannot be written; what was there before is whole.
    """
    held = {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}
    header = {"format": FORMAT, "checksum": digest(held), "facts": facts}
    data = save(held, {_HEADER: json.dumps(header)})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        put(path, data)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {error.strerror or error}") from error


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
    """Tensors and facts of the checkpoint at ``path``; None when there is none.

    Raises:
        CheckpointError: When it is damaged, or of another version.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(_HEADER, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT or not isinstance(header.get("facts"), dict):
        raise CheckpointError(f"{path} is not a training that this version can go on with")
    if header.get("checksum") != digest(tensors):
        raise CheckpointError(f"{path} is damaged: its checksum is not the one it was written with")
    return tensors, header["facts"]


def remove_checkpoint(path: Path) -> None:
    """Remove the checkpoint at ``path``, if there is one and it can be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # it will be refused by what it says it belongs to


def digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over names and bits."""
    found = hashlib.sha256()
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(tensors[name].detach().contiguous().cpu().view(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()
