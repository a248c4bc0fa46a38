"""Frozen weights in 8 or 4 bits on a CPU: linear layers on torch's own packed products.

bitsandbytes' kernels are for a GPU. Those it has for a CPU round the activations to 8 bits, or change over from one
product to another once nothing is differentiated, so that the same prompt read twice has other logits; beside that they
are further from full precision (``python -m bench.quantization``). What is here is a function of its input alone.

8 bits: a scale for each output channel. 4 bits: a scale and an offset for each 32 weights of a channel, as in the
blocks of a Q4_1 file. Products take bfloat16 and add up in single precision.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D

GROUP = 32
"""So many weights of a channel share a scale and an offset in 4 bits."""
_ROWS = 64
"""The products read whole tiles of so many output channels and :data:`GROUP` inputs, there or not; zeros fill them."""
_WHOLE = torch.ops.aten._convert_weight_to_int4pack_for_cpu
_PRODUCT_4 = torch.ops.aten._weight_int4pack_mm_for_cpu
_PRODUCT_8 = torch._weight_int8pack_mm


class QuantizedLinear(nn.Linear):
    """A frozen linear layer whose ``weight`` is whole numbers; ``scales`` says what they stand for."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None, bits: int) -> None:
        """Args:
        weight: ``[out, in]``, of any floating type.
        bias: ``[out]``, or None.
        bits: 8 or 4.
        """
        nn.Module.__init__(self)
        self.out_features, self.in_features = weight.shape
        self.bits = bits
        tiles = functional.pad(weight.detach().float(), (0, -self.in_features % GROUP, 0, -self.out_features % _ROWS))
        numbers, scales = (_in_8 if bits == 8 else _in_4)(tiles)
        self.weight = nn.Parameter(numbers, requires_grad=False)
        self.register_buffer("scales", scales, persistent=True)
        self.scales: torch.Tensor
        self.register_parameter("bias", None if bias is None else nn.Parameter(bias.detach().float(), False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """``[…, in]`` to ``[…, out]``, in the type of ``x``."""
        if torch.is_grad_enabled() and x.requires_grad:
            bias = None if self.bias is None else self.bias.to(x.dtype)
            return functional.linear(x, self.dequantized().to(x.dtype), bias)
        rows = x.reshape(-1, self.in_features)
        product = self._product(rows.bfloat16()).to(x.dtype).reshape(*x.shape[:-1], self.out_features)
        return product if self.bias is None else product + self.bias.to(x.dtype)

    def dequantized(self) -> torch.Tensor:
        """The weights as they act, ``[out, in]``, single precision."""
        if self.bits == 8:
            return (self.weight.float() * self.scales[:, None].float())[: self.out_features, : self.in_features]
        # The packed order differs between processors; a product with one weight at a time tells any of them.
        each = torch.eye(self.in_features, dtype=torch.bfloat16)
        return self._product(each).float().t().contiguous()

    def _product(self, rows: torch.Tensor) -> torch.Tensor:
        if missing := -self.in_features % GROUP:
            rows = functional.pad(rows, (0, missing))
        if self.bits == 8:
            product = _PRODUCT_8(rows, self.weight, self.scales)
        else:
            product = _PRODUCT_4(rows, self.weight, GROUP, self.scales)
        return product[:, : self.out_features]


def quantize(model: Any, bits: int) -> None:
    """Put :class:`QuantizedLinear` in the place of every linear layer of ``model`` but its head."""
    head = model.get_output_embeddings()
    for name, module in list(model.named_modules()):
        if module is not head and type(module) in (nn.Linear, Conv1D):
            weight = module.weight.t() if type(module) is Conv1D else module.weight
            model.set_submodule(name, QuantizedLinear(weight, module.bias, bits))


def float_weight(linear: Any) -> torch.Tensor:
    """What a linear layer multiplies with, ``[out, in]``, however it keeps that."""
    weight: torch.Tensor = linear.dequantized() if isinstance(linear, QuantizedLinear) else linear.weight.detach()
    return weight


def _in_8(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    scales = (weight.abs().amax(1) / 127).clamp(min=1e-8).bfloat16()
    return (weight / scales[:, None].float()).round().clamp(-127, 127).to(torch.int8), scales


def _in_4(weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    groups = weight.view(weight.shape[0], -1, GROUP)
    low, high = groups.amin(-1), groups.amax(-1)
    # The kernel takes a scale and what the number 8 stands for; rounded first, the numbers are fitted to what they are.
    scale = ((high - low) / 15).clamp(min=1e-8).bfloat16().float()
    middle = (low + 8 * scale).bfloat16().float()
    numbers = ((groups - middle[..., None]) / scale[..., None]).round().add_(8).clamp_(0, 15)
    packed = _WHOLE(numbers.to(torch.int32).view_as(weight), 1)
    return packed, torch.stack([scale.t(), middle.t()], -1).bfloat16().contiguous()
