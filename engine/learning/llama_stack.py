"""Llama's decoder layers by hand, for learning on a CPU: the same mathematics in fewer and larger steps.

Going through Transformers' modules and PEFT's wrappers, half of a training step is spent beside the matrix products:
on casts, on copies of keys and values for every query head, on three small products where one large one would do.
Here query, key and value are one product, as are gate and up, their adapters likewise; a preamble that all rows share
is attended to once for all; and what is cheap to write down is differentiated by formula.

Weights and what goes into a product are bfloat16, the residual stream, norms and softmax float32. Shapes: ``B`` rows,
``T`` tokens, ``H`` width, ``G`` key-value heads, ``R`` query heads for each of them, ``D`` width of a head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.composition.quantized import QuantizedLinear, float_weight

KeysValues = tuple[torch.Tensor, torch.Tensor]
"""Keys and values of one layer, ``[B, G, T, D]`` each."""

_FUSED = (("q_proj", "k_proj", "v_proj"), ("o_proj",), ("gate_proj", "up_proj"), ("down_proj",))


def is_plain_llama(model: Any) -> bool:
    """Whether ``model`` is a Llama that :class:`LlamaStack` computes: ordinary rotary positions, SiLU, no biases."""
    config = model.config
    return (
        type(model).__name__ == "LlamaForCausalLM"
        and getattr(model.model.rotary_emb, "rope_type", "") == "default"
        and config.hidden_act == "silu"
        and all(
            type(linear) in (nn.Linear, QuantizedLinear) and linear.bias is None
            for layer in model.model.layers
            for group in _FUSED
            for name in group
            for linear in [_linear(layer, name)]
        )
    )


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """The frozen weights of one decoder layer, bfloat16 but for the norms."""

    norm_in: torch.Tensor
    qkv: torch.Tensor
    out: torch.Tensor
    norm_mlp: torch.Tensor
    gate_up: torch.Tensor
    down: torch.Tensor


@dataclass(frozen=True, slots=True)
class Adapter:
    """LoRA of one product: ``x + (x·downᵀ)·upᵀ``; ``down [r, in]``, ``up [out, r]``, scaling included, bfloat16."""

    down: torch.Tensor
    up: torch.Tensor


LayerAdapters = tuple[Adapter | None, Adapter | None, Adapter | None, Adapter | None]
"""Of query-key-value, attention output, gate-up, and down."""


class LlamaStack:
    """The frozen part of a Llama, and how states go through it."""

    def __init__(self, model: Any) -> None:
        """``model``: a Transformers Llama for which :func:`is_plain_llama` holds; it is read, not kept."""
        config = model.config
        self.groups = int(config.num_key_value_heads)
        self.queries = int(config.num_attention_heads) // self.groups
        self.head_dim = int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
        self.eps = float(config.rms_norm_eps)
        self.device = model.model.embed_tokens.weight.device
        self.embedding = model.model.embed_tokens.weight
        head = model.get_output_embeddings().weight
        self.head = head.detach().bfloat16()
        self.norm = model.model.norm.weight.detach().float()
        self.layers = [_weights_of(layer) for layer in model.model.layers]
        rotary = model.model.rotary_emb
        self._frequencies, self._rotary_scale = rotary.inv_freq.float(), float(rotary.attention_scaling)

    # -- in and out ----------------------------------------------------------------------------------------------------

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """States ``[B, T, H]`` that enter the lowest layer, for ids ``[B, T]``."""
        return functional.embedding(ids, self.embedding).float()

    def final(self, states: torch.Tensor) -> torch.Tensor:
        """What the last norm makes of the states that leave the highest layer; float32."""
        return _RMSNorm.apply(states, self.norm, self.eps, torch.float32)

    def logits(self, final: torch.Tensor) -> torch.Tensor:
        """Logits ``[N, vocabulary]``, float32, of final states ``[N, H]``."""
        return functional.linear(final.bfloat16(), self.head).float()

    def rotary(self, positions: torch.Tensor) -> torch.Tensor:
        """Cosines and sines ``[2, *positions.shape, 1, D / 2]`` of positions ``[B, T]`` or ``[1, T]``."""
        angles = positions[..., None].float() * self._frequencies.to(positions.device)
        return torch.stack([angles.cos(), angles.sin()])[..., None, :] * self._rotary_scale

    # -- through the layers --------------------------------------------------------------------------------------------

    def run(
        self,
        states: torch.Tensor,
        layers: range,
        rotary: torch.Tensor,
        mask: torch.Tensor,
        shared: Sequence[KeysValues],
        past: Sequence[KeysValues] | None = None,
        adapters: Sequence[LayerAdapters] | None = None,
        dropout: float = 0.0,
        bias: Sequence[torch.Tensor | None] | None = None,
        real: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, list[KeysValues]]:
        """Send states through some layers.

        Args:
            states: ``[B, T, H]``, float32.
            layers: Which; consecutive.
            rotary: From :meth:`rotary`.
            mask: Added to the scores, ``[B, 1, T, past + T]``, float32.
            shared: For every layer of the model keys and values ``[1, G, n, D]`` that all rows see first.
            past: For each of ``layers`` what comes between those and the new tokens.
            adapters: For each of ``layers`` its LoRA.
            dropout: Share of the adapters' inputs that is dropped.
            bias: For every layer of the model what is added to the scores of ``shared``, ``[B, 1, 1, n]``, float32.
            real: Which tokens are no padding, ``[B, T]``; all by default. Padding costs nothing but in attention.

        Returns:
            The states ``[B, T, H]`` that leave, zero where there is padding, and of each layer keys and values of the
            past and the new tokens.
        """
        rows, tokens, width = states.shape
        places = _Places(rows * tokens, real)
        x = places.take(states.reshape(rows * tokens, width))
        seen: list[KeysValues] = []
        wide = mask.repeat(1, 1, self.queries, 1)  # one block of T query rows for each query head of a group
        for place, index in enumerate(layers):
            weights = self.layers[index]
            lora: LayerAdapters = adapters[place] if adapters is not None else (None, None, None, None)
            normed = _RMSNorm.apply(x, weights.norm_in, self.eps, torch.bfloat16)
            qkv = places.put(_product(normed, weights.qkv, lora[0], dropout)).view(rows, tokens, -1, self.head_dim)
            turned, values = qkv.split([self.groups * (self.queries + 1), self.groups], dim=2)
            turned = _Rotation.apply(turned, rotary)
            query, keys = turned.split([self.groups * self.queries, self.groups], dim=2)
            keys, values = keys.transpose(1, 2), values.transpose(1, 2)
            if past is not None:
                keys = torch.cat([past[place][0], keys], dim=2)
                values = torch.cat([past[place][1], values], dim=2)
            seen.append((keys, values))
            read = self._attend(query, keys, values, wide, shared[index], bias[index] if bias is not None else None)
            x = x + _product(places.take(read), weights.out, lora[1], dropout)
            normed = _RMSNorm.apply(x, weights.norm_mlp, self.eps, torch.bfloat16)
            inner = _SwiGLU.apply(_product(normed, weights.gate_up, lora[2], dropout))
            x = x + _product(inner, weights.down, lora[3], dropout)
        return places.put(x).view(rows, tokens, width), seen

    def _attend(
        self,
        query: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        mask: torch.Tensor,
        shared: KeysValues,
        bias: torch.Tensor | None,
    ) -> torch.Tensor:
        """What queries ``[B, T, G·R, D]`` read, ``[B·T, G·R·D]``; ``mask [B, 1, R·T, L]`` is for ``keys`` alone."""
        rows, tokens = query.shape[:2]
        groups, per_group, dim = self.groups, self.queries, self.head_dim
        query = query.view(rows, tokens, groups, per_group, dim).permute(0, 2, 3, 1, 4)
        query = query.reshape(rows, groups, per_group * tokens, dim) * dim**-0.5
        scores = query @ keys.transpose(2, 3)
        scores = scores.float() + mask
        first = shared[0].shape[2]
        if first:
            together = query.transpose(0, 1).reshape(groups, -1, dim)
            early = (together @ shared[0][0].transpose(1, 2)).view(groups, rows, -1, first).transpose(0, 1).float()
            scores = torch.cat([early if bias is None else early + bias, scores], dim=-1)
        early, shares = scores.softmax(-1).bfloat16().split([first, keys.shape[2]], dim=-1)
        read = shares @ values
        if first:
            together = early.transpose(0, 1).reshape(groups, -1, first)
            read = read + (together @ shared[1][0]).view(groups, rows, -1, dim).transpose(0, 1)
        read = read.view(rows, groups, per_group, tokens, dim).permute(0, 3, 1, 2, 4)
        return read.reshape(rows * tokens, groups * per_group * dim)


def adapters_of(layer: Any) -> LayerAdapters:
    """The LoRA of a decoder layer that PEFT has wrapped; gradients go through to its parameters."""
    one, two, three, four = (_adapter([_linear(layer, name) for name in group]) for group in _FUSED)
    return one, two, three, four


def _adapter(linears: Sequence[Any]) -> Adapter | None:
    """One adapter for several products side by side: their ``up`` are the blocks of a diagonal."""
    if not any(hasattr(linear, "lora_A") for linear in linears):
        return None
    down, up = [], []
    for linear in linears:
        if hasattr(linear, "lora_A"):
            (name,) = linear.active_adapters
            down.append(linear.lora_A[name].weight)
            up.append(linear.lora_B[name].weight * linear.scaling[name])
        else:
            up.append(torch.zeros(linear.out_features, 0, device=linear.weight.device))
    return Adapter(torch.cat(down).bfloat16(), torch.block_diag(*up).bfloat16())


def _linear(layer: Any, name: str) -> Any:
    return getattr(layer.self_attn if name in (*_FUSED[0], *_FUSED[1]) else layer.mlp, name)


def _weights_of(layer: Any) -> LayerWeights:
    qkv, out, gate_up, down = (
        torch.cat([float_weight(_linear(layer, name)) for name in group]).bfloat16() for group in _FUSED
    )
    norms = (norm.weight.detach().float() for norm in (layer.input_layernorm, layer.post_attention_layernorm))
    norm_in, norm_mlp = norms
    return LayerWeights(norm_in, qkv, out, norm_mlp, gate_up, down)


def _product(x: torch.Tensor, weight: torch.Tensor, adapter: Adapter | None, dropout: float) -> torch.Tensor:
    product = functional.linear(x, weight)
    if adapter is None:
        return product
    low = functional.linear(functional.dropout(x, dropout) if dropout else x, adapter.down)
    return torch.addmm(product, low, adapter.up.t())


class _Places:
    """Where the tokens of a batch lie among its padding."""

    def __init__(self, count: int, real: torch.Tensor | None) -> None:
        """``count``: of all places; ``real``: which of them are no padding, all where it is None."""
        self._count = count
        self._index = None if real is None or bool(real.all()) else real.flatten().nonzero()[:, 0]

    def take(self, states: torch.Tensor) -> torch.Tensor:
        """Those of ``[places, width]`` that are no padding."""
        if self._index is None:
            return states
        taken: torch.Tensor = _Taken.apply(states, self._index)
        return taken

    def put(self, states: torch.Tensor) -> torch.Tensor:
        """The reverse of :meth:`take`: padding is zero."""
        if self._index is None:
            return states
        put: torch.Tensor = _Put.apply(states, self._index, self._count)
        return put


class _Taken(torch.autograd.Function):
    """Some rows of a matrix, each at most once."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(index)
        ctx.count = len(states)
        return states.index_select(0, index)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        return _put(grad, ctx.saved_tensors[0], ctx.count), None


class _Put(torch.autograd.Function):
    """Rows put where they belong in a larger matrix of zeros."""

    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, index: torch.Tensor, count: int) -> torch.Tensor:
        ctx.save_for_backward(index)
        return _put(states, index, count)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        return grad.index_select(0, ctx.saved_tensors[0]), None, None


def _put(states: torch.Tensor, index: torch.Tensor, count: int) -> torch.Tensor:
    return states.new_zeros(count, states.shape[1]).index_copy_(0, index, states)


class _RMSNorm(torch.autograd.Function):
    """Root mean square norm (Zhang and Sennrich, 2019) of float32 states, with a frozen weight."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, eps: float, dtype: torch.dtype) -> torch.Tensor:
        scale = x.square().mean(-1, keepdim=True).add_(eps).rsqrt_()
        unit = x * scale
        ctx.save_for_backward(unit, scale, weight)
        return (unit * weight).to(dtype)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        unit, scale, weight = ctx.saved_tensors
        inner = grad.float() * weight
        along = (inner * unit).mean(-1, keepdim=True)
        return (inner - unit * along).mul_(scale), None, None, None


class _Rotation(torch.autograd.Function):
    """Rotary positions of heads ``[B, T, heads, D]``; ``rotary`` as of :meth:`LlamaStack.rotary`."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, rotary: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(rotary)
        return _turned(x, rotary[0], rotary[1])

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None]:
        (rotary,) = ctx.saved_tensors
        return _turned(grad, rotary[0], -rotary[1]), None


def _turned(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    one, two = x.chunk(2, dim=-1)
    return torch.cat([one * cos - two * sin, two * cos + one * sin], dim=-1).to(x.dtype)


class _SwiGLU(torch.autograd.Function):
    """SiLU of the first half times the second half (Shazeer, 2020), ``[N, 2·inner] → [N, inner]``."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        gate, up = x.chunk(2, dim=-1)
        ctx.save_for_backward(x)
        return functional.silu(gate) * up

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        gate, up = ctx.saved_tensors[0].chunk(2, dim=-1)
        out = torch.empty_like(ctx.saved_tensors[0])
        share = torch.sigmoid(gate)
        active = gate * share
        torch.mul(grad, active, out=out[:, gate.shape[1] :])
        # d silu(g) / dg = s + g·s·(1 − s), with s the sigmoid of g
        slope = share.addcmul(active, 1.0 - share)
        torch.mul(slope.mul_(up), grad, out=out[:, : gate.shape[1]])
        return out
