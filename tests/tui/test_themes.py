"""Our own themes: everything can be read in each, and verdicts stay apart whatever colours somebody sees."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from sovl_tui.ink import MOODS, Ink, make_ink
from sovl_tui.themes import CLEAR_DARK, CLEAR_LIGHT, MONO, OWN_THEMES
from tests.tui.stage import on_stage

CLEAR = (CLEAR_DARK, CLEAR_LIGHT)
READABLE = 4.5
"""Least contrast of text, by WCAG 2 AA."""
APART = 20.0
"""Least distance in CIELAB of two colours that mean different things; about ten times what an eye can tell."""
SIGHTS = {
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""What such an eye makes of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1)."""
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.072175), (0.0193339, 0.119192, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)

Vector = tuple[float, ...]


def ink_of(theme: Theme) -> Ink:
    return make_ink({**theme.to_color_system().generate(), **theme.variables}, theme.dark)


def linear(color: Color) -> Vector:
    shares = (part / 255 for part in color.rgb)
    return tuple(x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares)


def contrast_of(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    low, high = sorted(sum(a * b for a, b in zip(XYZ[1], linear(color), strict=True)) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(light: Vector, eye: tuple[Vector, ...]) -> Vector:
    return tuple(min(1.0, max(0.0, sum(a * b for a, b in zip(row, light, strict=True)))) for row in eye)


def lab(light: Vector) -> Vector:
    shares = [
        sum(a * b for a, b in zip(row, light, strict=True)) / white for row, white in zip(XYZ, WHITE, strict=True)
    ]
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in shares)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: Color, other: Color, sight: str) -> float:
    a, b = (lab(seen(linear(color), SIGHTS[sight])) for color in (one, other))
    return sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) ** 0.5


@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
def test_text_can_be_read(theme: Theme) -> None:
    ink = ink_of(theme)
    for role in ("foreground", "primary", "secondary", "accent", "success", "warning", "error"):
        contrast = contrast_of(ink.background, getattr(ink, role))
        assert contrast >= READABLE, f"{role}: {contrast:.1f}"
    for ground in (ink.background, ink.surface, ink.panel):
        assert contrast_of(ground, ink.muted) >= READABLE


@pytest.mark.parametrize("theme", CLEAR, ids=lambda theme: theme.name)
@pytest.mark.parametrize("sight", SIGHTS)
def test_good_doubtful_and_bad_stay_apart_in_every_eye(theme: Theme, sight: str) -> None:
    ink = ink_of(theme)
    for one, other in combinations(("success", "warning", "error"), 2):
        apart = distance(getattr(ink, one), getattr(ink, other), sight)
        assert apart >= APART, f"{one} and {other}: {apart:.0f}"


def test_the_mono_theme_has_no_hue() -> None:
    colours = [getattr(MONO, role) for role in ("primary", "secondary", "accent", "foreground", "background")]
    colours += [MONO.surface, MONO.panel, MONO.success, MONO.warning, MONO.error]
    colours += [value.split()[0] for value in MONO.variables.values() if value.startswith("#")]
    for colour in colours:
        r, g, b = Color.parse(colour).rgb
        assert r == g == b, colour


@pytest.mark.parametrize("theme", OWN_THEMES, ids=lambda theme: theme.name)
def test_every_mood_has_a_colour_that_can_be_seen(theme: Theme) -> None:
    ink = ink_of(theme)
    for mood in MOODS:
        assert contrast_of(ink.background, ink.mood(mood)) >= 2.0, mood


@pytest.mark.parametrize("theme", [theme.name for theme in OWN_THEMES])
async def test_every_theme_of_our_own_can_be_chosen(tmp_path: Path, theme: str) -> None:
    async with on_stage(tmp_path, theme=theme) as stage:
        assert stage.app.theme == theme and theme in stage.app.theme_names
