"""Who is asked to continue a text, greedily, token by token: SOVL's composition, Transformers, and llama.cpp.

Each of them says after how many seconds the first new token was there, and after how many all of them were. Nobody
stops at an end token, so all compute the same number of tokens.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engine.composition.bridge import Influence
    from engine.composition.composition import Composition

#: llama.cpp's numbers of the formats that the shipped file is written in anew, and of the one that it has.
FILE_TYPES = {"Q4_0": 2, "Q8_0": 7}
SHIPPED = "Q4_1"


@dataclass(frozen=True, slots=True)
class Timing:
    """One answer: seconds until its first token, seconds from there to its last, and how many tokens these were."""

    first: float
    rest: float
    tokens: int

    @property
    def speed(self) -> float:
        """Tokens a second behind the first."""
        return self.tokens / self.rest if self.rest > 0 else 0.0


class Peer(Protocol):
    """Somebody who continues texts."""

    name: str

    def run(self, ids: Sequence[int], tokens: int) -> Timing:
        """Continue ``ids`` by so many tokens, knowing nothing of what was read before."""


class Sovl:
    """The composition, as a chat uses it: prompt read by both models, answer spoken through the program's own loop."""

    def __init__(self, name: str, composition: Composition, influence: Influence, *, packed: bool = True) -> None:
        """Args:
        name: In the tables.
        composition: What answers.
        influence: How loudly the scaffold speaks.
        packed: Whether the packed model may compute, where there is one.
        """
        self.name = name
        self._composition, self._influence = composition, influence
        self._packed = composition.packed if packed else None

    def run(self, ids: Sequence[int], tokens: int) -> Timing:
        """As :meth:`Peer.run`."""
        import torch

        from engine.composition.decoder import Sampling, Spoken, speak
        from engine.composition.prompt import Prompt

        composition, tokenizer = self._composition, self._composition.base.tokenizer
        usual, composition.packed = composition.packed, self._packed
        try:
            composition.forget_reading()
            greedy = Sampling(temperature=0.0, max_new_tokens=tokens, repetition_check=False)
            began = time.perf_counter()
            utterance = composition.listen(Prompt(list(ids), ""), self._influence)
            assert utterance.weight == self._influence.weight
            *_, spoken = speak(utterance, ids[-1], tokenizer, frozenset(), greedy, torch.Generator(), started=began)
        finally:
            composition.packed = usual
        assert isinstance(spoken, Spoken)
        assert spoken.first_token_seconds is not None
        return Timing(spoken.first_token_seconds, spoken.decode_seconds, tokens - 1)


class Transformers:
    """``generate`` of the same weights."""

    def __init__(self, name: str, model: Any) -> None:
        """Args: its name in the tables, and a causal language model."""
        self.name, self._model = name, model

    def run(self, ids: Sequence[int], tokens: int) -> Timing:
        """As :meth:`Peer.run`; the first token is timed by itself."""
        first = self._seconds(ids, 1)
        return Timing(first, max(0.0, self._seconds(ids, tokens) - first), tokens - 1)

    def _seconds(self, ids: Sequence[int], tokens: int) -> float:
        import torch

        prompt = torch.tensor([list(ids)])
        began = time.perf_counter()
        self._model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            do_sample=False,
            pad_token_id=0,
        )
        return time.perf_counter() - began


class LlamaCpp:
    """llama.cpp on a GGUF file, through its C interface: nothing of Python's but the choice of the likeliest token."""

    def __init__(self, name: str, file: Path, context: int, threads: int | None = None) -> None:
        """Args:
        name: In the tables.
        file: The weights.
        context: Most positions.
        threads: For everything; its own choice by default.
        """
        import llama_cpp

        self.name = name
        self._library = llama_cpp
        self._model = llama_cpp.Llama(
            str(file), n_ctx=context, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False
        )
        self._vocabulary = self._model.n_vocab()

    def run(self, ids: Sequence[int], tokens: int) -> Timing:
        """As :meth:`Peer.run`."""
        library, context = self._library, self._model.ctx
        library.llama_memory_clear(library.llama_get_memory(context), True)
        began = time.perf_counter()
        for start in range(0, len(ids), 512):
            self._decode(ids[start : start + 512])
        token = self._likeliest()
        first = time.perf_counter()
        for _ in range(tokens - 1):
            self._decode([token])
            token = self._likeliest()
        return Timing(first - began, time.perf_counter() - first, tokens - 1)

    def _decode(self, ids: Sequence[int]) -> None:
        given = (self._library.llama_token * len(ids))(*ids)
        if self._library.llama_decode(self._model.ctx, self._library.llama_batch_get_one(given, len(ids))):
            raise RuntimeError("llama.cpp could not decode")

    def _likeliest(self) -> int:
        import numpy as np

        logits = self._library.llama_get_logits_ith(self._model.ctx, -1)
        return int(np.ctypeslib.as_array(logits, (self._vocabulary,)).argmax())


def llama_cpp_is_there() -> bool:
    """Whether llama-cpp-python is installed."""
    from importlib.util import find_spec

    return find_spec("llama_cpp") is not None


def requantised(shipped: Path, kind: str, folder: Path) -> Path:
    """``shipped`` written anew in another format, once, into ``folder``."""
    import llama_cpp

    target = folder / f"{shipped.stem}-{kind}.gguf"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        making = target.with_suffix(".making")
        settings = llama_cpp.llama_model_quantize_default_params()
        settings.ftype, settings.allow_requantize = FILE_TYPES[kind], True
        if llama_cpp.llama_model_quantize(os.fsencode(shipped), os.fsencode(making), ctypes.byref(settings)):
            raise RuntimeError(f"llama.cpp could not write {kind}")
        making.replace(target)
    return target
