"""Tensors that ``torch.save`` wrote, read without letting any of it run: a pickle may name code, and none is obeyed."""

from __future__ import annotations

import io
import pickle

import torch
from safetensors.torch import save


def as_safetensors(data: bytes) -> bytes:
    """The same tensors as safetensors.

    A training framework's names are taken as well: the adapter's own name in the middle is left out, and of a whole
    model only the adapters are kept.

    Raises:
        ValueError: When it is no dictionary of tensors, or would have to run something to be read.
    """
    try:
        held = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError("it holds more than tensors, and nothing in it is run") from error
    except Exception as error:  # whatever a broken file makes the reader stumble over
        raise ValueError("it is damaged or no file of torch.save") from error
    if not isinstance(held, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in held.items()
    ):
        raise ValueError("it is no dictionary of tensors")
    adapters = {name.replace(".default.", "."): t for name, t in held.items() if ".lora_" in name}
    return save({name: tensor.detach().contiguous().clone() for name, tensor in (adapters or held).items()})
