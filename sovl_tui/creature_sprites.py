"""The face of the figure and what grows on its head, pixel by pixel.

Signs: ``d`` dark, ``o`` a glint, ``c`` a cheek, ``t`` a tear, ``g`` leaf, ``f`` blossom, ``y`` its heart, ``.`` none.
Eyes and brows are drawn for the left side; brows are mirrored on the right, eyes are not, since light has one side.
"""

from __future__ import annotations

from dataclasses import dataclass

Sprite = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """What is put on the body. ``look`` shifts both eyes, in pixels."""

    eye: Sprite
    mouth: Sprite
    brow: Sprite = ()
    look: int = 0
    cheeks: bool = False


_OPEN = ("od", "dd", "dd")
_WIDE = ("odd", "ddd", "ddd", ".d.")
_NARROW = ("od", "dd")
_BLINK = ("..", "..", "dd")
_CLOSED = ("d..d", ".dd.")
_CROSS = ("d.d", ".d.", "d.d")
_SMALL_OPEN = ("o", "d")
_SMALL_WIDE = ("od", "dd")
_SMALL_CLOSED = ("..", "dd")

_SMILE = ("d..d", ".dd.")
_SAD = (".dd.", "d..d")
_WAVY = ("d.d.", ".d.d")
_ROUND = ("dd", "dd")
_LINE = ("dd",)
_FLAT = ("dddd",)
_TALKING = (("dddd", ".dd."), (".dd.",), ("dddd", "dddd", ".dd."), ("dddd",))


def face(mood: str, doing: str, frame: int, frames: int, *, small: bool) -> Face:
    """The face for a mood and a doing at ``frame`` of a breath of ``frames``."""
    if doing == "forming":
        return Face((), ())
    if doing in ("asleep", "gone"):
        return Face(_SMALL_CLOSED if small else _CLOSED, _LINE)
    if doing == "fallen":
        return Face(("dd",) if small else _CROSS, _FLAT)
    shown = _small_mood(mood, frame) if small else _mood(mood, frame)
    if doing == "speaking":
        mouth = _TALKING[frame % len(_TALKING)]
        shown = Face(shown.eye, mouth if not small else mouth[:2], shown.brow, 0, shown.cheeks)
    elif doing == "working":
        look = (-1, -1, 0, 1, 1, 1, 0, -1)[frame % 8]
        shown = Face(shown.eye, _LINE, shown.brow, look, shown.cheeks)
    if frame == frames - 1:
        closed = _SMALL_CLOSED if small else _BLINK
        shown = Face(closed, shown.mouth, shown.brow, shown.look, shown.cheeks)
    return shown


def _mood(mood: str, frame: int) -> Face:
    if mood == "curious":
        return Face(_WIDE, _ROUND, look=1 if frame % 8 < 4 else 0, cheeks=True)
    if mood == "restless":
        return Face(_NARROW, _WAVY, ("d..", ".dd"), look=1 if frame % 4 < 2 else -1)
    if mood == "melancholic":
        return Face(_NARROW, _SAD, ("..d", "dd."))
    return Face(_OPEN, _SMILE, cheeks=True)


def _small_mood(mood: str, frame: int) -> Face:
    if mood == "curious":
        return Face(_SMALL_WIDE, _LINE)
    if mood == "restless":
        return Face(_SMALL_OPEN, ("d.d.", ".d.d"), look=1 if frame % 4 < 2 else 0)
    if mood == "melancholic":
        return Face(_SMALL_OPEN, _SAD)
    return Face(_SMALL_OPEN, _SMILE)


_CROWNS: dict[str, Sprite] = {
    "young": ("g..g", ".gg.", ".gg."),
    "mature": (".ff.", "fyyf", ".ff.", ".gg."),
    "elder": ("g..ff..g", ".gfyyfg.", "..gffg..", "...gg..."),
}
_SMALL_CROWNS: dict[str, Sprite] = {
    "young": ("g..g", ".gg."),
    "mature": ("fyyf", ".gg."),
    "elder": ("g.ff.g", ".gyyg."),
}


def crown(stage: str, *, small: bool) -> Sprite:
    """What grew on the head: nothing, a sprout, a blossom, a crown of both."""
    return (_SMALL_CROWNS if small else _CROWNS).get(stage, ())
