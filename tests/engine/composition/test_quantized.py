"""Linear layers in 8 and 4 bits on a CPU."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import PretrainedConfig
from transformers.pytorch_utils import Conv1D

from engine.composition.quantized import GROUP, QuantizedLinear, quantize
from engine.learning.batching import half_copy

SHAPES = [(64, 64), (96, 32), (7, 50), (130, 33)]
COARSE = {8: 0.006, 4: 0.08}
"""Share of a channel's or group's span that a weight may be away: half a step, and what bfloat16 rounds."""


def weight_of(out: int, inner: int) -> torch.Tensor:
    return torch.randn(out, inner, generator=torch.Generator().manual_seed(5)) * 0.05


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize(("out", "inner"), SHAPES)
def test_it_is_close_to_what_it_was_made_of(bits: int, out: int, inner: int) -> None:
    weight, bias = weight_of(out, inner), torch.arange(out) / out
    layer = QuantizedLinear(weight, bias, bits)
    kept = layer.dequantized()
    assert kept.shape == weight.shape and kept.dtype == torch.float32
    assert float((kept - weight).abs().max()) < COARSE[bits] * float(weight.abs().max())
    x = torch.randn(2, 3, inner, generator=torch.Generator().manual_seed(6))
    with torch.inference_mode():
        said = layer(x)
    expected = x @ kept.t() + bias
    assert said.shape == expected.shape and said.dtype == torch.float32
    torch.testing.assert_close(said, expected, rtol=0.02, atol=0.01)


def test_a_channel_of_zeros_or_of_one_value_stays_that() -> None:
    weight = torch.zeros(64, 2 * GROUP)
    weight[1] = 0.5
    for bits in (8, 4):
        kept = QuantizedLinear(weight, None, bits).dequantized()
        torch.testing.assert_close(kept, weight, rtol=0.004, atol=0.0)


@pytest.mark.parametrize("bits", [8, 4])
def test_what_is_read_twice_is_the_same_whatever_was_differentiated_in_between(bits: int) -> None:
    layer = QuantizedLinear(weight_of(64, 64), None, bits)
    x = torch.randn(5, 64, generator=torch.Generator().manual_seed(6))
    with torch.inference_mode():
        first = layer(x)
    asked = x.clone().requires_grad_()
    layer(asked).sum().backward()
    torch.testing.assert_close(asked.grad, layer.dequantized().sum(0).expand(5, -1))
    with torch.inference_mode():
        assert torch.equal(layer(x), first)


class Model(nn.Module):
    """A linear layer, GPT-2's kind of one, and a head."""

    def __init__(self) -> None:
        super().__init__()
        self.config = PretrainedConfig()
        self.plain, self.turned, self.head = nn.Linear(64, 96), Conv1D(32, 96), nn.Linear(32, 10)
        self.requires_grad_(False)

    def get_output_embeddings(self) -> nn.Module:
        return self.head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.tanh(self.turned(self.plain(x))))


@pytest.mark.parametrize("bits", [8, 4])
def test_every_layer_but_the_head_takes_fewer_bits_and_learning_has_them_as_floats(bits: int) -> None:
    torch.manual_seed(1)
    model, x = Model(), torch.randn(4, 64)
    before = model(x)
    quantize(model, bits)
    assert type(model.head) is nn.Linear
    assert [model.plain.bits, model.turned.bits] == [bits, bits]
    after = model(x)
    assert 0 < float((after - before).abs().max()) < 0.3
    copies = [half_copy(model, made := {}), half_copy(model, made)]
    assert copies[0].plain is copies[1].plain and type(copies[0].turned) is nn.Linear
    torch.testing.assert_close(copies[0](x.bfloat16()).float(), after, rtol=0.05, atol=0.05)
