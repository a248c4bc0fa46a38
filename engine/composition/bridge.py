"""How the base reads the scaffold: two forms of cross-attention, and the gate before both.

*Key–value form*, where base and scaffold are one checkpoint: the base's own attention reads, for the context, keys
and values moved toward the scaffold's. Nothing is added to a generated token's cost, and nothing to the parameters.

*Bridge form*, for any two models: after some base layers a cross-attention over the scaffold's hidden states is added
to the residual stream. Its output is scaled by one number that starts at zero, after Flamingo's gated cross-attention
(Alayrac et al., 2022); the null key lets a query attend to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from torch.nn import functional

from engine.composition.cache import KVCache, KVLayer
from engine.composition.dreams import DreamPositions
from engine.composition.frozen import FrozenModel, text_config
from engine.composition.layers import matching_layer
from engine.composition.quantized import QuantizedLinear, float_weight
from engine.composition.scaffold import hidden_of


def mixed_cache(
    base: KVCache, scaffold: KVCache, layers: Sequence[int], span: range, factor: float | torch.Tensor
) -> KVCache:
    """The cache that the base answers from: its own, with the bridged layers' context moved toward the scaffold's.

    Args:
        base: The base's cache of the context. Layers that are not bridged are shared, not copied.
        scaffold: The scaffold's cache of the same positions.
        layers: Bridged layers.
        span: Positions that are mixed, up to the end of the context; those before it stay the base's.
        factor: ``2·b·w``, or one such factor per position of ``span``. 0 leaves the base's, 1 gives the scaffold's.
    """
    bridged = set(layers)
    weight = factor if isinstance(factor, float) else factor[None, None, :, None]
    mixture: list[KVLayer] = []
    for index, own in enumerate(base.layers):
        if index not in bridged:
            mixture.append(own)
            continue
        other = scaffold.layers[index]
        layer = KVLayer()
        layer.update(own.keys[:, :, : span.start], own.values[:, :, : span.start])
        layer.update(
            *(
                torch.lerp(mine[:, :, span.start : span.stop], theirs[:, :, span.start : span.stop], _as(weight, mine))
                for mine, theirs in ((own.keys, other.keys), (own.values, other.values))
            )
        )
        mixture.append(layer)
    return KVCache(mixture)


def _as(weight: float | torch.Tensor, like: torch.Tensor) -> float | torch.Tensor:
    return weight if isinstance(weight, float) else weight.to(like.device, like.dtype)


class CrossAttention(nn.Module):
    """Cross-attention of one bridged layer: queries from the base's stream, keys and values from the scaffold's states.

    The start is exactly the identity: ``gate`` is the one zero.
    """

    def __init__(self, base_width: int, scaffold_width: int, heads: int, head_dim: int) -> None:
        super().__init__()
        self.heads, self.head_dim = heads, head_dim
        inner = heads * head_dim
        self.norm_base = nn.RMSNorm(base_width, eps=1e-5)
        self.norm_scaffold = nn.RMSNorm(scaffold_width, eps=1e-5)
        self.query = nn.Linear(base_width, inner, bias=False)
        self.key = nn.Linear(scaffold_width, inner, bias=False)
        self.value = nn.Linear(scaffold_width, inner, bias=False)
        self.out = nn.Linear(inner, base_width, bias=False)
        self.null_key = nn.Parameter(torch.zeros(heads, 1, head_dim))
        self.gate = nn.Parameter(torch.zeros(()))
        for linear in (self.query, self.key, self.value, self.out):
            nn.init.normal_(linear.weight, std=0.02)

    def attend_to(self, states: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values ``[batch, heads, context + 1, head_dim]`` of scaffold states ``[batch, context, width]``.

        Position 0 is the null key, whose value is zero.
        """
        normed = self.norm_scaffold(states.to(self.gate.dtype))
        keys, values = self._split(self.key(normed)), self._split(self.value(normed))
        keys = torch.cat([self.null_key.to(keys.dtype).expand(len(keys), -1, -1, -1), keys], dim=2)
        return keys, functional.pad(values, (0, 0, 1, 0))

    def forward(
        self, stream: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bias: torch.Tensor | None
    ) -> torch.Tensor:
        """What is added to ``stream`` ``[batch, tokens, width]`` at full influence, before any weight.

        ``bias`` is added to the attention scores, one number per key: ``[context + 1]``, in a batch
        ``[batch, context + 1]``.
        """
        queries = self._split(self.query(self.norm_base(stream.to(self.gate.dtype))))
        mask = None if bias is None else bias.view(-1, 1, 1, bias.shape[-1]).to(queries.dtype)
        read = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
        added: torch.Tensor = self.gate * self.out(read.transpose(1, 2).flatten(2))
        return added.to(stream.dtype)

    def _split(self, states: torch.Tensor) -> torch.Tensor:
        return states.view(*states.shape[:2], self.heads, self.head_dim).transpose(1, 2)


class CrossAttentionBridge(nn.Module):
    """The bridge form: one :class:`CrossAttention` behind each bridged layer of the base.

    Attributes:
        source: For each bridged base layer, the scaffold layer whose output it reads: the one at equal relative depth.
    """

    def __init__(self, base: FrozenModel, scaffold: FrozenModel, layers: Sequence[int], seed: int) -> None:
        super().__init__()
        config = text_config(base.model)
        heads = int(config.num_attention_heads)
        head_dim = int(getattr(config, "head_dim", None) or config.hidden_size // heads)
        self.layers = tuple(layers)
        self.source = {layer: matching_layer(layer, len(base.layers), len(scaffold.layers)) for layer in layers}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.blocks = nn.ModuleDict(
                {
                    str(layer): CrossAttention(base.hidden_size, scaffold.hidden_size, heads, head_dim)
                    for layer in self.layers
                }
            )
        if base.hidden_size == scaffold.hidden_size:
            for layer in self.layers:
                _start_from_self_attention(self.block(layer), base.layers[min(layer + 1, len(base.layers) - 1)])
        self.to(base.device).requires_grad_(False)

    @property
    def learned(self) -> bool:
        """Whether any gate has moved from its zero."""
        return any(bool(self.block(layer).gate) for layer in self.layers)

    def block(self, layer: int) -> CrossAttention:
        """The cross-attention behind base layer ``layer``."""
        return cast("CrossAttention", self.blocks[str(layer)])

    def attend_to(self, recorded: Mapping[int, torch.Tensor]) -> dict[int, tuple[torch.Tensor, torch.Tensor]]:
        """Keys and values of each bridged base layer from the scaffold's states by scaffold layer."""
        return {layer: self.block(layer).attend_to(recorded[self.source[layer]]) for layer in self.layers}

    @contextmanager
    def acting(
        self,
        base_layers: nn.ModuleList,
        context: Mapping[int, tuple[torch.Tensor, torch.Tensor]],
        factor: float | torch.Tensor,
        bias: torch.Tensor | None,
    ) -> Iterator[None]:
        """While entered, the base's bridged layers add ``factor`` times what they read in ``context``.

        In a batch each row may have a factor of its own, ``[batch, 1, 1]``.
        """

        def hook_for(layer: int) -> Callable[[nn.Module, Any, Any], Any]:
            block, (keys, values) = self.block(layer), context[layer]

            def hook(_module: nn.Module, _inputs: Any, output: Any) -> Any:
                stream = hidden_of(output)
                stream = stream + (factor * block(stream, keys, values, bias)).to(stream.dtype)
                return (stream, *output[1:]) if isinstance(output, tuple) else stream

            return hook

        handles = [base_layers[layer].register_forward_hook(hook_for(layer)) for layer in self.layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _start_from_self_attention(block: CrossAttention, layer: nn.Module) -> None:
    """Copy a Llama-like layer's self-attention and its norm; layers with other names keep the random start."""
    attention, norm = getattr(layer, "self_attn", None), getattr(layer, "input_layernorm", None)
    names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "out": "o_proj"}
    sources = {mine: getattr(attention, theirs, None) for mine, theirs in names.items()}
    linear = {mine: source for mine, source in sources.items() if type(source) in (nn.Linear, QuantizedLinear)}
    if norm is None or len(linear) < len(names):
        return
    with torch.no_grad():
        for mine, source in linear.items():
            target, weight = getattr(block, mine).weight, float_weight(source)
            if mine in ("key", "value") and weight.shape[0] != target.shape[0]:
                per_head = weight.view(-1, block.head_dim, weight.shape[1])
                weight = per_head.repeat_interleave(block.heads // per_head.shape[0], dim=0).flatten(0, 1)
            target.copy_(weight)
        for mine in ("norm_base", "norm_scaffold"):
            getattr(block, mine).weight.copy_(_scale_of(norm))


def _scale_of(norm: nn.Module) -> torch.Tensor:
    """What a norm multiplies each channel by, ``[width]``, however it keeps that: Gemma's weights are 1 too small."""
    weight: torch.Tensor = norm.get_parameter("weight")
    if isinstance(norm, nn.LayerNorm):
        return weight
    scale: torch.Tensor = norm(torch.ones_like(weight))
    return scale


_GATE_QUERIES = 2


class RecognitionGate(nn.Module):
    """Says how sure the scaffold is that it was told about the prompt: r in [0, 1].

    A small head on the scaffold's final states: that of the last token, the mean over the prompt, and what two learned
    queries pick out of it. Whether something was told turns on a name and on what is asked of it, which are single
    tokens in a long prompt. Until sleep has trained it, the gate knows nothing, and says so.
    """

    def __init__(self, scaffold_width: int, seed: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(torch.empty(_GATE_QUERIES, scaffold_width))
        with torch.random.fork_rng(devices=[]):  # layers draw their weights when they are made; these are drawn again
            self.head = nn.Sequential(nn.Linear((2 + _GATE_QUERIES) * scaffold_width, 64), nn.GELU(), nn.Linear(64, 1))
        self.renew(seed)
        self.trained = False
        self.requires_grad_(False)

    @torch.no_grad()
    def renew(self, seed: int) -> None:
        """Forget everything: weights drawn from ``seed``, as at birth."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.queries.normal_(std=self.queries.shape[1] ** -0.5)
            for part in self.head:
                if isinstance(part, nn.Linear):
                    part.reset_parameters()

    def logits(self, states: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Logits ``[batch]`` of prompts.

        Args:
            states: Final states ``[batch, prompt, width]``, padded on the left.
            real: Which positions are no padding, ``[batch, prompt]``.
        """
        states = states.float()
        mean = (states * real[..., None]).sum(1) / real.sum(1, keepdim=True).clamp(min=1)
        scores = (states @ self.queries.t()).masked_fill(~real[..., None], -torch.inf)
        picked = torch.einsum("bpq,bpw->bqw", scores.softmax(1), states).flatten(1)
        logits: torch.Tensor = self.head(torch.cat([states[:, -1], mean, picked], dim=-1)).squeeze(-1)
        return logits

    @torch.no_grad()
    def raise_by(self, threshold: float, settled: float) -> None:
        """Shift r so that what was at ``settled`` comes to be at ``threshold``, both in (0, 1)."""
        if settled != threshold:
            lowest, highest = 1e-6, 1 - 1e-6
            one, other = (math.log(p / (1 - p)) for p in (min(max(p, lowest), highest) for p in (threshold, settled)))
            cast("nn.Linear", self.head[-1]).bias.add_(one - other)

    def recognise(self, states: torch.Tensor) -> float | None:
        """r for the states ``[1, prompt, width]`` of one prompt; None while untrained."""
        if not self.trained:
            return None
        real = torch.ones(states.shape[:2], dtype=torch.bool, device=states.device)
        return torch.sigmoid(self.logits(states, real)).item()


@dataclass(frozen=True, slots=True)
class Influence:
    """How loudly the scaffold may speak in one answer.

    Attributes:
        weight: w in [0, cap]; 0 keeps it silent.
        blend: b in [0, 1]; 0.5 is neutral.
        cap: ``scaffold_weight_cap``, the bound of each single token's influence.
        threshold: r below it keeps the scaffold silent.
        dreams: What joins the context where the scaffold speaks; None when nothing does.
    """

    weight: float
    blend: float = 0.5
    cap: float = 1.0
    threshold: float = 0.5
    dreams: DreamPositions | None = None

    @property
    def silent(self) -> bool:
        """Whether nothing of the scaffold would be heard, whatever the prompt."""
        return self.weight <= 0.0 or self.blend <= 0.0

    def factor(self, multipliers: Sequence[float] | None) -> float | torch.Tensor:
        """2·b·w, or 2·b·min(cap, w·m) per token ``[context]`` where the token map has multipliers."""
        if multipliers is None:
            return 2 * self.blend * self.weight
        return torch.tensor([2 * self.blend * min(self.cap, self.weight * m) for m in multipliers])


def key_bias(multipliers: Sequence[float] | None, device: torch.device) -> torch.Tensor | None:
    """log m per key ``[context + 1]``, the null key unbiased; None where nothing is biased."""
    if multipliers is None:
        return None
    return torch.tensor([0.0, *(math.log(m) for m in multipliers)], device=device)
