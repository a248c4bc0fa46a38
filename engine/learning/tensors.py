"""Holding on to the values of tensors, and putting them back bit for bit."""

from __future__ import annotations

from collections.abc import Sequence

import torch


def copies(tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Their values now."""
    return [tensor.detach().clone() for tensor in tensors]


@torch.no_grad()
def put_back(tensors: Sequence[torch.Tensor], values: Sequence[torch.Tensor]) -> None:
    """Give ``tensors`` the ``values``, bit for bit."""
    for tensor, value in zip(tensors, values, strict=True):
        tensor.copy_(value)
