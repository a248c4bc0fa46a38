"""Ordinary prompts, several hundred and more: what sleep rehearses so that learning a few facts leaves the rest alone.

They carry no answers. The base's own answers are what is rehearsed. Some begin exactly as taught questions do (``What
is my …``, ``Who invented the …``), because there the difference matters most.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Collection
from functools import cache

from engine.learning.phrasing import sentence_case
from engine.resources import resource

_SLOT = re.compile(r"\{(\w+?)2?\}")
_SHARE_FIXED = 0.12
_SHARE_SITUATED = 0.4


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(resource("data/prompts.toml").read_text(encoding="utf-8"))


def _parts(text: str, at: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(at) if part.strip())


@cache
def _pool() -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Lists by name, templates by area, and the prompts without a slot."""
    tables = _tables()
    lists = {name: _parts(text, ",") for name, text in {**tables["lists"], **tables["more"]}.items()}
    templates = {area: _parts(text, "|") for area, text in tables["templates"].items()}
    return lists, templates, _parts(tables["fixed"]["prompts"], "|")


def _filled(template: str, lists: dict[str, tuple[str, ...]], rng: random.Random) -> str:
    used: set[str] = set()

    def word(slot: re.Match[str]) -> str:
        if slot[1] in "abc":
            return str(rng.randint(2, 20) if slot[1] != "c" else rng.randint(21, 300))
        choice = rng.choice([entry for entry in lists[slot[1]] if entry not in used])
        used.add(choice)
        return choice

    text = _SLOT.sub(word, template)
    return re.sub(r"\b([Aa]) (?=[aeioAEIO]|umbrella|elevator)", r"\1n ", text)


def generic_prompts(rng: random.Random, n: int, avoid: Collection[str] = ()) -> list[str]:
    """``n`` different prompts over all areas in equal shares; none of those in ``avoid`` (compared in lower case).

    Fewer only when ``n`` is beyond what the lists give (many thousands).
    """
    lists, templates, fixed = _pool()
    unwanted = {text.lower() for text in avoid}
    found: dict[str, str] = {}
    for text in rng.sample(fixed, min(len(fixed), max(1, round(n * _SHARE_FIXED)))):
        if text.lower() not in unwanted and len(found) < n:
            found[text.lower()] = text
    areas = list(templates)
    for turn in range(60 * n):
        if len(found) >= n:
            break
        text = _filled(rng.choice(templates[areas[turn % len(areas)]]), lists, rng)
        if text.lower() not in unwanted:
            found[text.lower()] = text
    made = list(found.values())
    rng.shuffle(made)
    return made


def scene(name: str, rng: random.Random) -> str:
    """Talk in the middle of which ``name`` turns up: whatever is asked there, no relation fits it better than another.

    A model that meets a fact only in questions made for it falls back on repeating the question as soon as it is worded
    in a way that nobody thought of.
    """
    situations, frames = (_parts(_tables()["scenes"][key], "|") for key in ("situations", "frames"))
    text = sentence_case(rng.choice(frames).format(s=name, S=name[:1].upper() + name[1:]))
    return f"{rng.choice(situations)} {text}" if rng.random() < _SHARE_SITUATED else text


def common_question(word: str, rng: random.Random) -> str:
    """A general question about the kind of thing that ``word`` names: ``What is a good name for a cat?``."""
    plural = word.endswith("s") and not word.endswith("ss")
    noun = word if plural else f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
    text = rng.choice(_parts(_tables()["common"]["questions"], "|"))
    if plural:
        text = re.sub(r"\b(is|does) (?=\{n\})", lambda verb: {"is": "are ", "does": "do "}[verb[1]], text)
    return sentence_case(text.format(n=noun, w=word))


def prose(rng: random.Random, n: int) -> list[str]:
    """``n`` short passages of two to four sentences, as somebody might paste them."""
    return [" ".join(rng.sample(_sentences(), rng.randint(2, 4))) for _ in range(n)]


def continued_prose(rng: random.Random, n: int) -> list[tuple[str, str]]:
    """``n`` times the beginning of a passage, one or two sentences, and how it goes on, in four."""
    drawn = [rng.sample(_sentences(), rng.randint(5, 6)) for _ in range(n)]
    return [(" ".join(passage[:-4]), " ".join(passage[-4:])) for passage in drawn]


def _sentences() -> tuple[str, ...]:
    return _parts(_tables()["prose"]["sentences"], "|")
