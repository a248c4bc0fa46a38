"""Effect tests: one setting is changed, nothing else, and what it is said to move must go the way it is said to go.

What each setting moves stands in :mod:`engine.config_effects`; here it is held to that. A test is a function that looks
at the quantity and returns it::

    @effect_of("blend_strength", 0.0, 0.5, 1.0)
    def test_how_far_the_logits_move(life: Lifeform) -> float:
        return distance(logits(life), bare(life))

It is called under each of the values, and once more under the first, in one life that is never reloaded: what is seen
must differ as the table says, and come back with the first value. A setting that acts after a reset must change nothing
before it.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch

from engine.config import SECTIONS, Direction, spec
from engine.lifeform import Lifeform

Look = Callable[..., Any]
_MIND = ("confidence", "temperament", "lifecycle", "dreams", "curiosity", "conversation", "pinned_weight")


def effect_of(
    key: str, *values: Any, seen: Sequence[Any] | None = None, given: Mapping[str, Any] | None = None
) -> Callable[[Look], Look]:
    """Make a test of a function that looks at what ``key`` moves.

    Args:
        key: The setting.
        values: What it is set to in turn; for one that raises or lowers something from the least to the greatest.
        seen: What must be seen under each of the values; where None, that they differ is enough.
        given: Other settings, the same all the time.
    """
    known = spec(key)
    assert len(values) > 1

    def test_of(look: Look) -> Look:
        @functools.wraps(look)
        def test(life: Lifeform, **fixtures: Any) -> None:
            for other, value in (given or {}).items():
                life.set_config(other, value)
            held = {part: copy.deepcopy(getattr(life, part)) for part in _MIND}

            def looked_at(value: Any) -> Any:
                for part, before in held.items():
                    setattr(life, part, copy.deepcopy(before))
                change = life.set_config(known.dotted, value)
                assert change.live == known.live
                if not known.live:
                    life.reset(lambda *_: None)
                life.chance = torch.Generator().manual_seed(1)
                return look(life, **fixtures)

            found = [looked_at(value) for value in values]
            if not known.live:
                life.set_config(known.dotted, values[0])
                assert look(life, **fixtures) == found[-1], "it acts before the reset"
            assert looked_at(values[0]) == found[0], "something else moves it, too"
            _check(known.effect.direction, values, found)
            assert seen is None or found == list(seen)

        return test

    return test_of


def shows_effect_of(key: str) -> Callable[[Look], Look]:
    """Mark a test of what ``key`` does to the app, which is looked at in its own way."""
    assert key in SECTIONS["interface_config"].model_fields
    return lambda test: test


def _check(direction: Direction, values: Sequence[Any], found: Sequence[Any]) -> None:
    told = dict(zip(map(str, values), found, strict=True))
    match direction:
        case Direction.RISES:
            assert all(one < other for one, other in pairwise(found)), f"does not rise: {told}"
        case Direction.FALLS:
            assert all(one > other for one, other in pairwise(found)), f"does not fall: {told}"
        case Direction.FOLLOWS:
            assert all(one != other for one, other in pairwise(found)), f"does not follow: {told}"
