"""When an answer has said all that it will say: it goes round in circles, or begins every sentence alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

_LOOP_TOKENS = 12
"""A repeated stretch shorter than this is not yet a loop."""
_LONGEST_PERIOD = 64
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*$")
_LIST_MARK = re.compile(r"\s*\d+[.)]")
_BEGINNING = 2
"""Words that make up how a sentence begins."""


class RepetitionCheck:
    """Notices an answer that repeats itself word for word, before the repetition is shown.

    For every period up to 64 tokens it counts how many tokens in a row equal the one a period before. An answer has
    gone into a loop when that count reaches the whole period, and at least 12 tokens: a stretch of 12 tokens said
    twice in a row, or three tokens said five times. Tokens that may turn out to be such a repetition are held back.
    """

    def __init__(self) -> None:
        self._history: list[int] = []
        self._runs = [0] * (_LONGEST_PERIOD + 1)

    def push(self, token: int) -> bool:
        """Take note of the next token; True when the answer has gone into a loop."""
        history, runs = self._history, self._runs
        length = len(history)
        looping = False
        for period in range(1, min(length, _LONGEST_PERIOD) + 1):
            if history[length - period] == token:
                runs[period] += 1
                looping |= runs[period] >= max(period, _LOOP_TOKENS)
            else:
                runs[period] = 0
        history.append(token)
        return looping

    @property
    def held(self) -> int:
        """How many of the newest tokens may be a repetition: three equal tokens in a row are the first sign."""
        longest = max(self._runs)
        return longest if longest >= 3 else 0


class SameBeginnings:
    """Notices an answer whose sentences begin alike, before the next such sentence is shown.

    *I'm so glad … I'm so happy … I'm so proud …*: no stretch is said twice, and yet nothing more is said. The tokens
    of a sentence are held back until its first two words are known. Entries of a list may begin alike.
    """

    def __init__(self, decode: Callable[[list[int]], str], most: int) -> None:
        """Begin an answer.

        Args:
            decode: Makes text of tokens.
            most: So many sentences that begin alike are one too many.
        """
        self._decode, self._most = decode, most
        self._sentence: list[int] = []
        self._text = ""
        self._listed = False
        self._known: tuple[str, ...] | None = None
        self._seen: Counter[tuple[str, ...]] = Counter()

    def push(self, token: int) -> bool:
        """Take note of the next token; True when it makes one sentence too many that begins like others."""
        text = self._decode([*self._sentence, token])
        ended = _SENTENCE_END.search(self._text)
        if ended and text[len(self._text) :][:1].isspace():
            self._listed = bool(_LIST_MARK.fullmatch(self._text))
            self._sentence, self._known = [], None
            text = self._decode([token])
        self._sentence.append(token)
        self._text = text
        words = text.split()
        if self._known is not None or len(words) <= _BEGINNING:
            return False
        self._known = tuple(word.strip(",;:").lower() for word in words[:_BEGINNING])
        if self._listed or not words[0][0].isalpha():
            return False
        self._seen[self._known] += 1
        return self._seen[self._known] >= self._most

    @property
    def held(self) -> int:
        """How many of the newest tokens may be of a sentence that is one too many."""
        undecided = self._known is None or self._seen[self._known] >= self._most
        return len(self._sentence) if undecided and self._seen else 0
