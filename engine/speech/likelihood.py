"""Which text goes with a context, and not as well with any other: a small model judges that better than it writes.

Of several things to say the one is taken that is likely behind its own context and less likely behind another one (Li
et al., A Diversity-Promoting Objective Function for Neural Conversation Models, 2016). The base alone is asked; nothing
of the conversation is read or changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import torch

    from engine.composition.frozen import FrozenModel

_SHARE = 0.8
"""How much the other context counts: with 1 only the difference would, and what is hardly a sentence could win."""
_MOST_TOKENS = 512
"""Of context and text each; what comes before or after is not looked at."""
_MOST_CONTEXTS = 4
"""Contexts of which the reading is kept."""


def affinity(base: FrozenModel, text: str, context: str, other: str) -> float:
    """log p(text | context) − 0.8 · log p(text | other), in nats per token: higher goes better with ``context``.

    Args:
        base: Who judges.
        text: What would be said; −inf when it is empty.
        context: What it is to go with.
        other: What it should go with less.
    """
    own = log_likelihood(base, text, context)
    return own if own == float("-inf") else own - _SHARE * log_likelihood(base, text, other)


def fitness(base: FrozenModel, answer: str, question: str) -> float:
    """How well ``answer`` goes with ``question`` rather than with any other: an affinity, in nats per token."""
    return affinity(base, answer, f"Question: {question}\nAnswer:", "Answer:")


def log_likelihood(base: FrozenModel, text: str, context: str) -> float:
    """Mean log-probability of the tokens of ``text`` behind ``context``, in nats; −inf for a text without tokens."""
    chosen = _log_probabilities(base, text, context)
    return float(chosen.mean()) if chosen is not None else float("-inf")


def log_probability(base: FrozenModel, text: str, context: str) -> float:
    """Log-probability of the whole of ``text`` behind ``context``, in nats; −inf for a text without tokens."""
    chosen = _log_probabilities(base, text, context)
    return float(chosen.sum()) if chosen is not None else float("-inf")


def _log_probabilities(base: FrozenModel, text: str, context: str) -> torch.Tensor | None:
    """Log-probabilities ``[tokens, 1]`` in nats of the tokens of ``text`` behind ``context``; None without tokens."""
    import torch

    def ids_of(text: str, *, beginning: bool) -> list[int]:
        # Nothing in here is a control token, whatever a person typed.
        return list(base.tokenizer(text, add_special_tokens=beginning, split_special_tokens=True)["input_ids"])

    before = ids_of(context, beginning=True)[-_MOST_TOKENS:]
    ids = ids_of(f" {text.strip()}" if text.strip() else "", beginning=False)[:_MOST_TOKENS]
    if not ids or not before:
        return None
    with torch.inference_mode():
        read = _reading(base, before)
        logits = read.last
        if len(ids) > 1:
            more = torch.tensor([ids[:-1]], device=base.device)
            behind = base.model(input_ids=more, past_key_values=deepcopy(read.cache))
            logits = torch.cat([logits, behind.logits[0].float()])
        return logits.log_softmax(-1).gather(-1, torch.tensor(ids, device=logits.device)[:, None])


@dataclass(slots=True)
class _Reading:
    """A context that was read: its cache, and the logits ``[1, vocabulary]`` behind its last token."""

    cache: Any
    last: torch.Tensor


_readings: WeakKeyDictionary[Any, dict[tuple[int, ...], _Reading]] = WeakKeyDictionary()


def _reading(base: FrozenModel, ids: Sequence[int]) -> _Reading:
    """``ids`` read once: several texts are judged behind the same few contexts."""
    import torch

    known = _readings.setdefault(base.model, {})
    found = known.pop(tuple(ids), None)
    if found is None:
        said = base.model(input_ids=torch.tensor([ids], device=base.device), use_cache=True)
        found = _Reading(said.past_key_values, said.logits[0, -1:].float())
    while len(known) >= _MOST_CONTEXTS:
        del known[next(iter(known))]
    known[tuple(ids)] = found
    return found
