"""A Llama on packed weights: token ids in, hidden states and logits out, in one call of the kernel per stretch.

What is computed for a token has the same bits however it is read: alone, behind a cache, or with many others. What is
said is computed with activations of 15 bits, which wastes nothing of the weights' own precision; a context is read with
8 bits where that does least harm, and so are the keys and values of what lies more than 512 tokens back.
"""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from engine.composition.packed import binding
from engine.composition.packed.build import kernel
from engine.composition.packed.cache import PackedCache
from engine.composition.packed.packing import FORMATS, LAYOUT, PACKED_FILE

_CHUNK = 64
"""Tokens that go through the stack together: what lies between the layers stays near the processor."""
_MANY = 16
"""From so many new tokens on they are read on all threads that may read."""
_MAPS = {
    "self_attn.q_proj": "q",
    "self_attn.k_proj": "k",
    "self_attn.v_proj": "v",
    "self_attn.o_proj": "out",
    "mlp.gate_proj": "gate",
    "mlp.up_proj": "up",
    "mlp.down_proj": "down",
}
_ADAPTER = re.compile(r"layers\.(\d+)\.(\w+\.\w+)\.lora_([AB])\.weight$")


class PackedAdapters:
    """LoRA adapters as the kernel takes them: a copy, taken when this is made."""

    def __init__(self, model: PackedLlama, tensors: Mapping[str, torch.Tensor], scale: float) -> None:
        """Args:
        model: What they act in.
        tensors: By PEFT's names.
        scale: alpha / rank.
        """
        self.native = (binding.Adapters * model.layers)()
        self._held: list[torch.Tensor] = []
        found = {match.groups(): tensor for name, tensor in tensors.items() if (match := _ADAPTER.search(name))}
        for (layer, module, part), low in found.items():
            if part != "A":
                continue
            name = _MAPS[module]
            a = low.detach().float().contiguous()
            b = (found[layer, module, "B"].detach().float().t() * scale).contiguous()
            self._held += [a, b]
            adapter = binding.Adapter(a.data_ptr(), b.data_ptr(), a.shape[0], model.first_row(name), b.shape[1])
            setattr(self.native[int(layer)], name, adapter)


class PackedLlama:
    """The packed twin of a ``LlamaForCausalLM``.

    Attributes:
        layers: Number of decoder layers.
        reading_threads: How many may compute while many tokens are read at once, which is over soon; as many as torch
            has by default, and never fewer.
    """

    def __init__(self, folder: Path, twin: Any, library: ctypes.CDLL) -> None:
        """Args:
        folder: Holds ``packed.safetensors``.
        twin: The same model in Transformers, for its configuration, embeddings and rotary angles.
        library: The kernel.
        """
        config = twin.config
        self.layers = int(config.num_hidden_layers)
        self.reading_threads = 1
        self._ask: Callable[[], None] | None = None
        self._heads = int(config.num_attention_heads), int(config.num_key_value_heads), int(config.head_dim)
        self._inner = int(config.intermediate_size)
        self._vocabulary = int(config.vocab_size)
        self._embedding: torch.Tensor = twin.get_input_embeddings().weight
        self._rotary = twin.model.rotary_emb
        self._library = binding.declare(library)
        self._held: dict[str, torch.Tensor] = {}
        with safe_open(folder / PACKED_FILE, framework="pt") as file:
            self._formats = file.metadata()
            self._held = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        self._stack = (binding.Layer * self.layers)(*(self._layer(str(index)) for index in range(self.layers)))
        self._native = binding.Model(
            int(config.hidden_size),
            self._inner,
            *self._heads,
            self.layers,
            self._vocabulary,
            float(config.rms_norm_eps),
            self._stack,
            self._held["norm"].data_ptr(),
            self._matrix("head"),
        )
        self._positions = 0

    @property
    def nbytes(self) -> int:
        """Bytes of packed weights."""
        return sum(tensor.nbytes for tensor in self._held.values())

    @property
    def format(self) -> str:
        """The format that most of its matrices are in, as llama.cpp names it: ``Q4_1``."""
        return Counter(self._formats.values()).most_common(1)[0][0]

    def first_row(self, name: str) -> int:
        """Where the outputs of a linear map begin in the matrix that it is stacked in."""
        heads, kv_heads, dim = self._heads
        return {"k": heads * dim, "v": (heads + kv_heads) * dim, "up": self._inner}.get(name, 0)

    def new_cache(self) -> PackedCache:
        """An empty cache."""
        return PackedCache.empty(self.layers, *self._heads[1:])

    @contextmanager
    def asking(self, ask: Callable[[], None]) -> Iterator[None]:
        """While entered, ``ask`` is called before every stretch of a computation; it ends that by raising."""
        self._ask = ask
        try:
            yield
        finally:
            self._ask = None

    def embed(self, ids: Sequence[int]) -> torch.Tensor:
        """States ``[tokens, hidden]`` that enter the first layer."""
        return self._embedding[torch.tensor(ids)]

    def forward(
        self,
        states: torch.Tensor,
        cache: PackedCache,
        first: int = 0,
        last: int | None = None,
        adapters: PackedAdapters | None = None,
        *,
        keys_only: bool = False,
        precise: bool = True,
    ) -> None:
        """Have states of new tokens go through layers ``first`` to ``last - 1``.

        Their keys and values go into ``cache`` behind its length, which the caller moves on when all layers are done.

        Args:
            states: ``[tokens, hidden]``, single precision; replaced by what leaves the last of the layers.
            cache: Of what was read before.
            first: The first of the layers.
            last: One behind the last of them; all by default.
            adapters: Act in these layers.
            keys_only: Nobody needs what leaves the last of the layers, and it is not computed.
            precise: Activations have 15 bits; else 8 where that does least harm, which is half as fast again.
        """
        count, last = len(states), self.layers if last is None else last
        self._turn(cache.length + count)
        threads = max(torch.get_num_threads(), self.reading_threads if count >= _MANY else 1)
        caches = cache.native(count)
        for start in range(0, count, _CHUNK):
            if self._ask is not None:
                self._ask()
            part = states[start : start + _CHUNK]
            self._library.sovl_forward(
                ctypes.byref(self._native),
                first,
                last,
                len(part),
                cache.length + start,
                part.data_ptr(),
                caches,
                adapters.native if adapters is not None else None,
                keys_only,
                precise,
                threads,
            )

    def finish(self, states: torch.Tensor, *, logits: bool) -> torch.Tensor:
        """What comes out above the last layer, for states ``[tokens, hidden]`` that left it.

        Returns:
            Logits ``[tokens, vocabulary]``, or the normed states.
        """
        normed = torch.empty_like(states)
        rows = -(-self._vocabulary // 16) * 16
        out = states.new_empty((len(states), rows)) if logits else None
        self._library.sovl_finish(
            ctypes.byref(self._native),
            len(states),
            states.data_ptr(),
            normed.data_ptr(),
            None if out is None else out.data_ptr(),
            torch.get_num_threads(),
        )
        return normed if out is None else out[:, : self._vocabulary]

    def _turn(self, positions: int) -> None:
        """Have the rotary angles of so many positions."""
        if positions <= self._positions:
            return
        self._positions = max(2 * self._positions, positions, 1024)
        cosine, sine = self._rotary(torch.empty(0), torch.arange(self._positions)[None])
        half = self._heads[2] // 2
        self._angles = [angles[0, :, :half].float().contiguous() for angles in (cosine, sine)]
        self._native.cosine, self._native.sine = (angles.data_ptr() for angles in self._angles)

    def _layer(self, index: str) -> binding.Layer:
        norms = (self._held[f"{index}.{name}"].data_ptr() for name in ("attention_norm", "mlp_norm"))
        return binding.Layer(*norms, *(self._matrix(f"{index}.{n}") for n in ("qkv", "out", "gate_up", "down")))

    def _matrix(self, name: str) -> binding.Matrix:
        kind = FORMATS[self._formats[name]]
        q, d = self._held[f"{name}.q"], self._held[f"{name}.d"]
        m = self._held.get(f"{name}.m")
        rows = self._rows(name.rpartition(".")[2])
        return binding.Matrix(
            q.data_ptr(),
            d.data_ptr(),
            None if m is None else m.data_ptr(),
            rows,
            q.shape[1] * 32,
            kind.bits,
            kind.offset,
        )

    def _rows(self, name: str) -> int:
        heads, kv_heads, dim = self._heads
        sizes = {"qkv": (heads + 2 * kv_heads) * dim, "gate_up": 2 * self._inner, "head": self._vocabulary}
        return sizes.get(name, self._embedding.shape[1])


def packed_twin(folder: Path, model: Any) -> PackedLlama | None:
    """The packed twin of a model that Transformers loaded from ``folder``; None where there can be none."""
    if not (folder / PACKED_FILE).is_file() or (library := kernel()) is None:
        return None
    with safe_open(folder / PACKED_FILE, framework="pt") as file:
        if file.metadata().get("layout") != LAYOUT:
            return None
    return PackedLlama(folder, model, library)
