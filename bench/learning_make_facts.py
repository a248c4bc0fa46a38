"""Makes facts up: ``python -m bench.learning_make_facts --count 100 --seed 0 --out FILE``, in the form of ``--facts``.

What they are about is invented, so no model knows them, and no answer is used twice or stands in any other fact or
question. The wordings are in ``learning_wordings.toml``.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.learning_facts import Fact, questions_of
from bench.learning_failure import BenchError
from bench.learning_judge import normalised

_WORDINGS = Path(__file__).with_name("learning_wordings.toml")
_NEVER_TOLD = 2
"""So many things of every relation are asked about and never told."""
_MOST_INVENTED = 2000
"""Names that a relation may draw."""
_WORD = re.compile(r"\w+")

_SMALL = {"made_word", "made_thing", "mineral"}
"""Pools whose words begin with a small letter."""
_NUMBERS = {"number": range(2101, 9999), "year": range(1702, 1899), "line": range(113, 989)}
_PLURALS = {"thing", "collectable"}
"""Pools whose things count in the singular, too."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a fact is about, or says: as a sentence has it, and in short."""

    text: str
    short: str


def make_facts(count: int, seed: int) -> list[Fact]:
    """``count`` facts, of all relations in turn, always the same for a seed.

    Raises:
        BenchError: So many different ones cannot be made.
    """
    book = tomllib.loads(_WORDINGS.read_text(encoding="utf-8"))
    stock = _Stock(book.pop("pools"), book.pop("syllables"), book.pop("endings"))
    taken = _Taken()
    makers = [_Relation(name, wording, stock, taken, seed) for name, wording in book.items()]
    random.Random(f"relations {seed}").shuffle(makers)
    facts: list[Fact] = []
    while makers and len(facts) < count:
        round_of = [(maker, maker.next()) for maker in makers]
        facts += [fact for _, fact in round_of if fact is not None]
        makers = [maker for maker, fact in round_of if fact is not None]
    if len(facts) < count:
        raise BenchError(f"--count {count}: no more than {len(facts)} different facts can be made with seed {seed}")
    return facts[:count]


@dataclass(frozen=True, slots=True)
class _Stock:
    """What things can be drawn from: lists, and the parts of invented words."""

    pools: dict[str, list[str]]
    syllables: dict[str, list[str]]
    endings: dict[str, list[str]]

    def drawn(self, pool: str, chance: random.Random) -> Iterator[_Thing]:
        """What is in a pool, in random order."""
        if pool == "none":
            return iter([_Thing("", "")])
        if pool == "relative":
            return self._relatives(chance)
        if pool in self.endings:
            return self._invented(pool, chance)
        listed = list(map(str, _NUMBERS[pool])) if pool in _NUMBERS else self.pools[pool]
        return (_Thing(text, text) for text in chance.sample(listed, len(listed)))

    def _relatives(self, chance: random.Random) -> Iterator[_Thing]:
        people = [("she", name) for name in self.pools["her_name"]] + [("he", name) for name in self.pools["his_name"]]
        for who, name in chance.sample(people, len(people)):
            yield _Thing(f"{chance.choice(self.pools[who])} {name}", name)

    def _invented(self, pool: str, chance: random.Random) -> Iterator[_Thing]:
        beginnings, vowels, ends = (self.syllables[part] for part in ("beginnings", "vowels", "ends"))
        for _ in range(_MOST_INVENTED):
            word = chance.choice(beginnings) + chance.choice(vowels) + chance.choice(ends)
            if pool == "company" or chance.random() < 0.5:
                word += chance.choice("aeiou") + chance.choice("lnrsdg")
            word += chance.choice(self.endings[pool])
            text = word if pool in _SMALL else word[:1].upper() + word[1:]
            yield _Thing(text, text)


class _Taken:
    """What has been used: the things, the words of the answers, and the words of all other texts."""

    def __init__(self) -> None:
        self._things: set[str] = set()
        self._answers: set[str] = set()
        self._texts: set[str] = set()

    def claim(self, things: Iterator[_Thing]) -> _Thing | None:
        """The next of ``things`` that nothing else is about; None when there is none."""
        found = next((one for one in things if not one.short or one.short not in self._things), None)
        self._things |= {found.short} if found else set()
        return found

    def admits(self, fact: Fact) -> bool:
        """Take ``fact`` in, unless it and the others would give one another away."""
        answers = _words(fact.answers)
        asked = _words(questions_of(fact))
        told = _words([fact.statement, fact.free_form]) - answers
        if answers & (self._answers | self._texts | asked) or self._answers & (asked | told):
            return False
        self._answers |= answers
        self._texts |= asked | told
        return True


class _Relation:
    """Makes one fact of a relation after the other."""

    def __init__(self, name: str, wording: dict[str, Any], stock: _Stock, taken: _Taken, seed: int) -> None:
        self._name, self._wording, self._taken = name, wording, taken
        self._chance = chance = random.Random(f"facts {seed} {name}")
        self._things = stock.drawn(wording["about"], chance)
        self._answers = stock.drawn(wording["answer"], chance)
        self._made = 0
        self._unknown = [wording["unknown"]] if "unknown" in wording else []
        if not self._unknown:
            strangers = (taken.claim(self._things) for _ in range(_NEVER_TOLD))
            self._unknown = [_filled(wording["question"], one) for one in strangers if one]

    def next(self) -> Fact | None:
        """One more fact; None when there are no more."""
        thing = self._taken.claim(self._things)
        if thing is None:
            return None
        for answer in self._answers:
            fact = self._fact(thing, answer.text)
            if self._taken.admits(fact):
                self._made += 1
                return fact
        return None

    def _fact(self, thing: _Thing, answer: str) -> Fact:
        wording, chance = self._wording, self._chance

        def two(kind: str) -> tuple[str, ...]:
            return tuple(_filled(text, thing) for text in chance.sample(wording[kind], 2))

        return Fact(
            id=f"{self._name}-{self._made}",
            statement=_filled(wording["plain"], thing, answer),
            free_form=_filled(chance.choice(wording["free"]), thing, answer),
            question=_filled(wording["question"], thing),
            paraphrases_dev=two("dev"),
            paraphrases_test=two("test"),
            near_miss=chance.choice(wording["near"]),
            unknown=chance.choice(self._unknown),
            answers=_spellings(answer, wording["answer"]),
        )


def _filled(text: str, thing: _Thing, answer: str = "") -> str:
    said = text.format(e=thing.text, n=thing.short, a=answer)
    return said[:1].upper() + said[1:] if text[0] == "{" else said


def _spellings(answer: str, pool: str) -> tuple[str, ...]:
    """What counts as ``answer``."""
    if pool == "weekday":
        return answer, f"{answer}s"
    return (answer, answer.removesuffix("s")) if pool in _PLURALS else (answer,)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(normalised(text))}


def as_lines(facts: Iterable[Fact]) -> str:
    """``facts`` as the file that ``--facts`` takes."""
    kept = ({key: value for key, value in asdict(fact).items() if value is not None} for fact in facts)
    return "".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in kept)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make a file of facts; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.learning_make_facts", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, required=True, help="how many facts")
    parser.add_argument("--seed", type=int, default=0, help="another seed makes others (default %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="JSONL file to write")
    args = parser.parse_args(arguments)
    try:
        if args.count < 1:
            raise BenchError(f"--count {args.count}: it must be at least 1")
        args.out.write_text(as_lines(make_facts(args.count, args.seed)), encoding="utf-8")
    except BenchError as error:
        print(f"bench.learning_make_facts: {error}", file=sys.stderr)
        return error.status
    except OSError as error:
        print(f"bench.learning_make_facts: --out {args.out} cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{args.count} facts: {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
