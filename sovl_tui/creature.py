"""The living figure: a small glowing being, painted pixel by pixel and packed two pixels to a cell.

Plain functions from a :class:`Pose` and a moment of its breath to coloured cells. Mood gives the colour and the face,
the stage of life its size and what grows on it, the engine's state whether it forms, sleeps, speaks or has fallen over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, hypot, pi, sin

from rich.style import Style
from rich.text import Text
from textual.color import Color

from engine.api import EngineState, Snapshot
from sovl_tui import creature_sprites as sprites
from sovl_tui.ink import Ink

BREATH_FRAMES = 8
"""Frames of one breath; the last one leads into the first."""

_ASLEEP = frozenset({EngineState.DREAMING, EngineState.TRAINING, EngineState.AUDITING})
_SIZES = {"newborn": 0.74, "young": 0.84, "mature": 0.80, "elder": 0.82}
"""Size of the body at each stage of life, as a share of what fits."""
_WHITE = Color(255, 255, 255)
_NIGHT = Color(14, 16, 28)
_SEEN_APART = 70
"""Steps of 255 from which the two pixels of a cell keep colours of their own."""
_SEEN_AT_ALL = 3

_HOLE, _BODY, _DRAWN = range(3)
"""What a pixel belongs to: the glow or a hole, the body, or something drawn on it."""

Pixel = tuple[Color, int]
"""A colour, and what it belongs to."""


@dataclass(frozen=True, slots=True)
class Pose:
    """All that decides how the being looks."""

    mood: str = "calm"
    stage: str = "newborn"
    doing: str = "awake"
    """``forming``, ``awake``, ``speaking``, ``working``, ``asleep``, ``fallen`` or ``gone``."""
    formed: float = 1.0
    """While forming: how far, in [0, 1]."""

    @property
    def moves(self) -> bool:
        """Whether it breathes."""
        return self.doing not in ("fallen", "gone")


def pose_of(snapshot: Snapshot, loaded: float) -> Pose:
    """The pose that fits a snapshot; ``loaded`` in [0, 1] is how far the start-up is."""
    state = snapshot.state
    if state.starting:
        return Pose(snapshot.mood, snapshot.stage, "forming", round(loaded, 1))
    doing = "awake"
    if state is EngineState.FAILED:
        doing = "fallen"
    elif state in (EngineState.STOPPING, EngineState.CLOSED):
        doing = "gone"
    elif state in _ASLEEP:
        doing = "asleep"
    elif state is EngineState.SPEAKING:
        doing = "speaking"
    elif state is EngineState.WORKING:
        doing = "working"
    return Pose(snapshot.mood, snapshot.stage, doing)


@lru_cache(maxsize=96)
def paint(pose: Pose, width: int, rows: int, frame: int, ink: Ink) -> tuple[Text, ...]:
    """The figure on ``rows`` lines of ``width`` columns, at ``frame`` of its breath."""
    canvas = _Canvas(pose, width - width % 2, rows * 2, frame, ink)
    pixels = [[canvas.pixel(x, y) for x in range(canvas.width)] for y in range(canvas.height)]
    canvas.draw_sprites(pixels)
    lines = [_pack(pixels[2 * row], pixels[2 * row + 1], ink.background) for row in range(rows)]
    return tuple(_with_signs(lines, canvas, ink))


def _pack(upper: list[Pixel], lower: list[Pixel], ground: Color) -> Text:
    """Two rows of pixels as one of cells, with signs that show body and face even where no colour can be seen."""
    text = Text(end="")
    for (top, top_solid), (bottom, bottom_solid) in zip(upper, lower, strict=True):
        mean = top.blend(bottom, 0.5)
        if bool(top_solid) != bool(bottom_solid):
            sign, front, back = ("▀", top, bottom) if top_solid else ("▄", bottom, top)
        elif top_solid == _DRAWN or bottom_solid == _DRAWN or _distance(top, bottom) > _SEEN_APART:
            sign, front, back = "▀", top, bottom
        else:
            sign, front, back = "█" if top_solid else " ", mean, mean
        if sign == " " and _distance(back, ground) < _SEEN_AT_ALL:
            text.append(" ")
        else:
            text.append(sign, Style(color=front.hex6, bgcolor=back.hex6))
    return text


_KINDS = {"d": _HOLE, "c": _BODY}


def _distance(one: Color, other: Color) -> int:
    return max(abs(one.r - other.r), abs(one.g - other.g), abs(one.b - other.b))


def _with_signs(lines: list[Text], canvas: _Canvas, ink: Ink) -> list[Text]:
    """Letters beside the being that say what its colour says: sleep, curiosity, a fall."""
    pose, right = canvas.pose, round(canvas.cx + canvas.rx)
    signs: list[tuple[int, int, str]] = []
    if pose.doing == "asleep":
        risen = (canvas.frame // 2) % 4
        signs = [(right + 1, 3, "z"), (right + 2, 2, "z"), (right + 4, 1, "Z"), (right + 5, 0, "Z")][: risen + 1]
    elif pose.doing == "awake" and pose.mood == "curious":
        signs = [(right + 2, 1, "?")]
    elif pose.doing == "fallen":
        signs = [(right + 2, 1, "!")]
    colour = ink.error if pose.doing == "fallen" else ink.muted
    for x, y, sign in signs:
        if x < canvas.width and y < len(lines):
            line = lines[y]
            ground, _ = canvas.pixel(x, 2 * y)
            lines[y] = line[:x] + Text(sign, Style(color=colour.hex6, bgcolor=ground.hex6, bold=True)) + line[x + 1 :]
    return lines


class _Canvas:
    """Distances and colours of one frame. Coordinates are pixels, y downwards."""

    def __init__(self, pose: Pose, width: int, height: int, frame: int, ink: Ink) -> None:
        self.pose, self.width, self.height, self.frame, self.ink = pose, width, height, frame, ink
        self.breath = sin(2 * pi * frame / BREATH_FRAMES) if pose.moves else -0.6
        radius = min(height * 0.46, width * 0.30) * _SIZES.get(pose.stage, 0.84)
        self.rx = radius * (1.10 + 0.02 * self.breath)
        self.ry = radius * (0.93 + 0.055 * self.breath)
        if pose.doing in ("asleep", "fallen", "gone") or (pose.mood == "melancholic" and pose.doing == "awake"):
            self.rx, self.ry = self.rx * 1.06, self.ry * 0.86
        self.cx = (width - 1) / 2
        self.small = radius < 5.2
        self.cy = height - (0.9 if self.small else 1.6) - self.ry
        self.colour = self._colour()
        self.glow = 0.22 + 0.05 * self.breath if pose.moves else 0.07

    def _colour(self) -> Color:
        if self.pose.doing == "asleep":
            return self.ink.mood("asleep")
        if self.pose.doing in ("fallen", "gone"):
            return self.ink.mood("away")
        colour = self.ink.mood(self.pose.mood)
        if self.pose.doing == "forming":
            return self.ink.mood("away").blend(colour, 0.25 + 0.6 * self.pose.formed)
        return colour

    def pixel(self, x: int, y: int) -> Pixel:
        """One pixel of the body and its glow."""
        ink = self.ink
        dx, dy = (x - self.cx) / self.rx, (y - self.cy) / self.ry
        if dy > 0:  # sits a little flat, like something soft
            dy *= 1.0 + 0.10 * dy
        distance = hypot(dx, dy)
        edge = min(x + 1, self.width - x, y + 2, 6) / 6  # the glow never reaches the frame
        glow = self.glow * exp(-max(0.0, distance - 1) * 2.6) * edge
        ground = ink.background.blend(self.colour, glow)
        cover = _smooth(1.0 + 0.5 / self.rx, 1.0 - 0.9 / self.rx, distance)
        if self.pose.doing == "forming":
            cover *= self._forming(x, y, distance)
        if cover <= 0:
            return ground, _HOLE
        light = max(0.0, 1.0 - hypot(dx + 0.38, dy + 0.45))
        shade = max(0.0, distance - 0.35) * 0.42
        deep = Color(10, 12, 24) if ink.dark else self.colour.darken(0.35)
        skin = self.colour.blend(deep, min(0.5, shade)).blend(_WHITE, 0.42 * light)
        return ground.blend(skin, cover), _BODY if cover > 0.5 else _HOLE

    def _forming(self, x: int, y: int, distance: float) -> float:
        """Grains that gather from the middle outwards as the start-up goes on."""
        noise = (sin(x * 12.9898 + y * 78.233 + self.frame * 1.7) * 43758.5453) % 1.0
        formed = self.pose.formed
        if distance < 0.75 * (0.15 + 0.95 * formed):
            return 0.92
        return 0.85 if noise > 0.35 + 0.5 * distance - 0.4 * formed else 0.12

    def draw_sprites(self, pixels: list[list[Pixel]]) -> None:
        """Lay the face, and what grew on the head, over the body."""
        face = sprites.face(self.pose.mood, self.pose.doing, self.frame, BREATH_FRAMES, small=self.small)
        middle = self.width // 2
        eye_row = round(self.cy - (0.50 if self.small else 0.30) * self.ry)
        gap = max(1, round(0.30 * self.rx))
        for mirrored in (False, True):
            for sprite, lift in ((face.eye, 0), (face.brow, len(face.brow) + 1)):
                wide = max(map(len, sprite), default=0)
                left = middle + gap + face.look if mirrored else middle - gap - wide + face.look
                self._stamp(pixels, sprite, left, eye_row - lift, mirror=mirrored and sprite is face.brow)
            if face.cheeks:
                left = middle + round(0.62 * self.rx) - 1 if mirrored else middle - round(0.62 * self.rx) - 1
                self._stamp(pixels, ("cc",), left, eye_row + max(3, len(face.eye)), mirror=False)
        mouth_row = eye_row + len(face.eye) + 1
        self._stamp(pixels, face.mouth, middle - len(face.mouth[0]) // 2 if face.mouth else 0, mouth_row)
        crown = sprites.crown(self.pose.stage, small=self.small) if self.pose.doing != "forming" else ()
        if crown:
            top = round(self.cy - self.ry) - len(crown) + 1
            self._stamp(pixels, crown, middle - len(crown[0]) // 2, top)

    def _stamp(self, pixels: list[list[Pixel]], sprite: tuple[str, ...], x: int, y: int, mirror: bool = False) -> None:
        for down, row in enumerate(sprite):
            for right, sign in enumerate(reversed(row) if mirror else row):
                if sign != "." and 0 <= y + down < self.height and 0 <= x + right < self.width:
                    under, _ = pixels[y + down][x + right]
                    colour, cover = self._paints(sign)
                    pixels[y + down][x + right] = under.blend(colour, cover), _KINDS.get(sign, _DRAWN)

    def _paints(self, sign: str) -> tuple[Color, float]:
        asleep = self.pose.doing in ("asleep", "fallen", "gone")
        return {
            "d": (_NIGHT, 0.92),
            "o": (_WHITE, 0.92),
            "c": (Color(255, 120, 140), 0.40),
            "t": (Color(190, 215, 255), 0.90),
            "g": (self.ink.success.blend(self.colour, 0.35), 0.55 if asleep else 0.95),
            "f": (self.ink.accent, 0.55 if asleep else 0.95),
            "y": (self.ink.warning, 0.55 if asleep else 0.95),
        }[sign]


def _smooth(edge: float, full: float, value: float) -> float:
    """1 below ``full``, 0 above ``edge``, smooth between."""
    share = min(1.0, max(0.0, (edge - value) / (edge - full)))
    return share * share * (3 - 2 * share)
