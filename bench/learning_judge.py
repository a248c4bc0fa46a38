"""Whether an answer is right: strict, blind to letter case, and the same for every system.

An answer is right when its *first sentence* says one of the accepted spellings as whole words, and no answer that
belongs to another fact. Texts are compared after NFKC and case folding. There is no partial credit, and nothing here
knows which system gave the answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_TITLES = _words(
    "dr mr mrs ms mx prof st mt ft capt cpt col gen lt maj sgt rev hon pres gov sen rep fr sr sra mme mlle hr fig vol "
    "vs e.g i.e cf ca approx"
)
"""A full stop behind one of these never ends a sentence."""
_MAYBE = _words("a.m p.m etc jr inc ltd co corp u.s u.k u.s.a e.u ph.d d.c ave blvd rd no nr")
"""Behind one of these it ends a sentence only when what follows begins like a new one."""
_STOP = re.compile(r"[.!?…。！？]+[\"'”’»)\]*_]*")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«*]+$")
_EDGE = r"[^\W_]"
"""What makes a whole word: letters and digits, no underscore, which is emphasis in what models write."""


def normalised(text: str) -> str:
    """``text`` as it is compared: NFKC, case folded, curly apostrophes straight, blanks single."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    return " ".join(unicodedata.normalize("NFKC", plain.casefold()).split())


def first_sentence(text: str) -> str:
    """The first sentence of ``text``: up to the first line break, or to a full stop that ends a sentence.

    Titles ("Dr."), initials ("J. Krummel"), figures ("3.5"), abbreviations and the number of a list entry ("1.") do
    not end one, nor does a stop that is followed by a small letter.
    """
    line = next((stripped for raw in text.splitlines() if (stripped := raw.strip())), "")
    for stop in _STOP.finditer(line):
        if _ends_sentence(line, stop):
            return line[: stop.end()]
    return line


def _ends_sentence(line: str, stop: re.Match[str]) -> bool:
    after = line[stop.end() :]
    mark = stop.group().rstrip("\"'”’»)]*_")
    if not after.strip():
        return True
    if mark[-1] in "。！？":
        return True
    if not after[0].isspace():
        return False  # 3.5, example.org, "and?!no"
    following = after.lstrip()[0]
    if following.islower():
        return False
    if mark != ".":
        return True
    found = _LAST_WORD.search(line[: stop.start()])
    word = found.group() if found else ""
    if word.isdigit() and found is not None and not line[: found.start()].strip(" *_(["):
        return False
    if len(word) == 1 and word.isalpha() and word.isupper() and word != "I":
        return False
    plain = word.casefold()
    if plain in _TITLES:
        return False
    if plain in ("no", "nr"):
        return not following.isdigit()
    if plain in _MAYBE:
        return following.isupper()
    return True


def says(text: str, aliases: Iterable[str]) -> bool:
    """Whether ``text`` says one of ``aliases`` as whole words."""
    plain = normalised(text)
    return any(True for alias in aliases for _ in _spans(plain, alias))


def _spans(plain: str, alias: str) -> Iterator[tuple[int, int]]:
    wanted = normalised(alias)
    if not wanted:
        return
    pattern = rf"(?<!{_EDGE}){re.escape(wanted)}(?!{_EDGE}|[\u0300-\u036f])"
    for found in re.finditer(pattern, plain):
        yield found.span()


def is_right(text: str, answers: Sequence[str], others: Iterable[str] = ()) -> bool:
    """Whether ``text`` answers rightly.

    Args:
        text: What was said.
        answers: Accepted spellings.
        others: Answers of other facts. Where one contains or is contained in an accepted spelling, the longer of the
            two is what was said: "Port Vance" is not "Vance", and saying "Port Vance" does not say "Vance".
    """
    sentence = normalised(first_sentence(text))
    mine = [span for answer in answers for span in _spans(sentence, answer)]
    own = {normalised(answer) for answer in answers}
    theirs = [span for other in others if normalised(other) not in own for span in _spans(sentence, other)]
    said = [span for span in mine if not any(_inside(span, other) for other in theirs)]
    foreign = [span for span in theirs if not any(_inside(span, answer) for answer in mine)]
    return bool(said) and not foreign


def _inside(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1] and outer != inner


def bleeds(text: str, base_text: str, taught: Iterable[str]) -> bool:
    """Whether ``text`` says, anywhere, a taught answer that the base's own output to the same prompt lacks."""
    return any(says(text, [answer]) and not says(base_text, [answer]) for answer in taught)


_YES = re.compile(r"\W*(yes|yeah|yep|correct|right|true|that's right|that is right|it is|exactly|indeed)\b")
_NO = re.compile(r"\W*(no|nope|not|incorrect|wrong|false|it isn't|it is not)\b")
_DENIAL = re.compile(r"\b(not|isn't|no|never|doesn't|don't)\b|n't\b")


def is_right_yes_no(text: str, answers: Sequence[str], offered: str, others: Iterable[str] = ()) -> bool:
    """Whether ``text`` rightly answers a question that offers a value: "… Is it Oslo?".

    Where the offered value is right, "yes" is, and so is saying it without denying it. Where it is wrong, "no" is
    right, and so is saying the true value without a yes.

    Args:
        text: What was said.
        answers: Accepted spellings of the truth.
        offered: The value that the question offered.
        others: Answers of other facts; the offered one may be repeated.
    """
    sentence = normalised(first_sentence(text))
    yes, no = _YES.match(sentence), _NO.match(sentence)
    if any(normalised(offered) == normalised(answer) for answer in answers):
        return bool(yes) or (not no and not _DENIAL.search(sentence) and says(sentence, answers))
    if yes:
        return False
    rest = [other for other in others if normalised(other) != normalised(offered)]
    return bool(no) or is_right(sentence, answers, rest if _DENIAL.search(sentence) else [*rest, offered])
