"""From logits to text: sampling, the repetition check, confidence, and streaming without broken characters."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from engine.composition.composition import Utterance
from engine.composition.dry import DontRepeat
from engine.composition.repetition import RepetitionCheck, SameBeginnings


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen.

    Attributes:
        temperature: 0 takes the likeliest token always.
        top_k: Only so many of the likeliest tokens; 0 for all.
        top_p: Only the likeliest tokens that make up this share of probability.
        min_p: No token that is less likely than this share of the likeliest.
        max_new_tokens: The answer's budget.
        repetition_check: End an answer that goes round in circles.
        same_beginnings: With ``repetition_check``, the answer ends before the sentence that would be the so-manieth to
            begin with the same two words; 0 lets it.
        never_first: Tokens that an answer drawn by chance does not begin with, where the base speaks alone.
        dry_multiplier: How unlikely it becomes to say the same again, see :class:`~engine.composition.dry.DontRepeat`.
            It acts only on what is drawn by chance, and only where the base speaks alone: what was learned is to be
            said in the same words as often as it is asked for.
    """

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.0
    max_new_tokens: int = 256
    repetition_check: bool = True
    same_beginnings: int = 0
    never_first: frozenset[int] = frozenset()
    dry_multiplier: float = 0.0


def choose(logits: torch.Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    """Draw one token id from logits ``[vocabulary]``: temperature, then top-k, top-p and min-p.

    Top-p is after Holtzman et al. (2020), min-p after Nguyen et al. (2025): a small model's many unlikely tokens are
    what leads it astray, and a share of the likeliest one keeps them out where the model is sure, and not where it is
    not.
    """
    if sampling.temperature <= 0.0:
        return int(logits.argmax())
    scores = logits / sampling.temperature
    if 0 < sampling.top_k < scores.shape[0]:
        scores, ids = scores.topk(sampling.top_k)
    else:
        scores, ids = scores.sort(descending=True)
    shares = scores.softmax(-1)
    if sampling.top_p < 1.0:
        # The first token always stays: what precedes it sums to 0.
        shares = shares * (shares.cumsum(-1) - shares < sampling.top_p)
    if sampling.min_p > 0.0:
        shares = shares * (shares >= sampling.min_p * shares[0])
    return int(ids[torch.multinomial(shares.cpu(), 1, generator=generator)])


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of an answer that has become certain, and how many tokens it took."""

    text: str
    tokens: int


@dataclass(slots=True)
class Spoken:
    """A finished answer.

    Attributes:
        text: All of it.
        ids: Its tokens, without the end token and without a repetition that was cut off.
        confidences: max p(token) of each, raw logits at temperature 1.
        stop_reason: ``end``, ``length``, ``stopped`` or ``repetition``.
        first_token_seconds: Until the first token was chosen; None when there was none.
        decode_seconds: From the first token to the last.
    """

    text: str = ""
    ids: list[int] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)
    stop_reason: str = "length"
    first_token_seconds: float | None = None
    decode_seconds: float = 0.0

    @property
    def confidence(self) -> float | None:
        """c: the mean of ``confidences``; None for an empty answer."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else None

    @property
    def tokens_per_second(self) -> float:
        """Decoding speed after the first token."""
        return (len(self.ids) - 1) / self.decode_seconds if len(self.ids) > 1 and self.decode_seconds > 0 else 0.0


def speak(
    utterance: Utterance,
    last_prompt_token: int,
    tokenizer: Any,
    end_ids: frozenset[int],
    sampling: Sampling,
    generator: torch.Generator,
    cancelled: Callable[[], bool] = lambda: False,
    started: float | None = None,
    in_view: Sequence[int] = (),
    own: Sequence[str] = (),
) -> Iterator[Piece | Spoken]:
    """Generate an answer: yields text as it becomes certain, then once the :class:`Spoken` whole.

    Args:
        utterance: What :meth:`Composition.listen` returned.
        last_prompt_token: Where to go on from.
        tokenizer: The base's.
        end_ids: Tokens that end the answer.
        sampling: How to choose.
        generator: Where chance comes from; on the CPU.
        cancelled: Asked before every token.
        started: ``time.perf_counter()`` of when the user began to wait; now, by default.
        in_view: Tokens of the prompt, for ``dry_multiplier``.
        own: Earlier answers that stand in the prompt, for the same.
    """
    started = time.perf_counter() if started is None else started
    spoken = Spoken()
    check = RepetitionCheck() if sampling.repetition_check else None
    begun = SameBeginnings(tokenizer.decode, sampling.same_beginnings) if check and sampling.same_beginnings else None
    drawn = sampling.temperature > 0.0 and utterance.weight == 0.0
    dry = _dry(tokenizer, sampling.dry_multiplier, in_view, own) if drawn and sampling.dry_multiplier > 0.0 else None
    text = _TextStream(tokenizer)
    token = last_prompt_token
    first_at = last_at = started
    for _ in range(sampling.max_new_tokens):
        if cancelled():
            spoken.stop_reason = "stopped"
            break
        logits = utterance.logits(token)
        scores = dry.penalised(logits) if dry is not None else logits
        if drawn and sampling.never_first and not spoken.ids:
            scores = scores.index_fill(0, torch.tensor(sorted(sampling.never_first), device=scores.device), -torch.inf)
        token = choose(scores, sampling, generator)
        last_at = time.perf_counter()
        if spoken.first_token_seconds is None:
            first_at, spoken.first_token_seconds = last_at, last_at - started
        if token in end_ids:
            spoken.stop_reason = "end"
            break
        if dry is not None:
            dry.push(token)
        spoken.ids.append(token)
        spoken.confidences.append(torch.exp(logits.max() - logits.logsumexp(-1)).item())
        if check is not None and check.push(token):
            spoken.stop_reason = "repetition"
            del spoken.ids[-check.held :], spoken.confidences[-check.held :]
            break
        if begun is not None and begun.push(token):
            spoken.stop_reason = "repetition"
            del spoken.ids[-begun.held :], spoken.confidences[-begun.held :]
            break
        held = max(check.held if check is not None else 0, begun.held if begun is not None else 0)
        if piece := text.upto(spoken.ids, len(spoken.ids) - held):
            yield piece
    spoken.decode_seconds = last_at - first_at
    if piece := text.upto(spoken.ids, len(spoken.ids), final=True):
        yield piece
    spoken.text = text.all
    yield spoken


def _dry(tokenizer: Any, multiplier: float, in_view: Sequence[int], own: Sequence[str]) -> DontRepeat:
    answers = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in own]
    return DontRepeat(in_view, frozenset(tokenizer.all_special_ids), multiplier, answers)


class _TextStream:
    """Turns a growing list of tokens into text, piece by piece.

    A piece is held back while it ends inside a character of several bytes. Tokens are decoded together with the few
    before them, since what a token looks like may depend on its neighbour.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._decode = tokenizer.decode
        self._before = self._done = 0
        self.all = ""

    def upto(self, ids: list[int], end: int, final: bool = False) -> Piece | None:
        """The text that becomes certain when tokens up to ``end`` are shown."""
        if end <= self._done:
            return None
        known = self._decode(ids[self._before : self._done], skip_special_tokens=True)
        now = self._decode(ids[self._before : end], skip_special_tokens=True)
        if len(now) <= len(known) or (now.endswith("�") and not final):
            return None
        piece = Piece(now[len(known) :], end - self._done)
        self._before, self._done = self._done, end
        self.all += piece.text
        return piece
