"""The colours of the current theme as Rich styles, for the widgets that draw their lines themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.color import Color, ColorParseError

MOODS = ("calm", "curious", "restless", "melancholic", "asleep", "away")


@dataclass(frozen=True, slots=True)
class Ink:
    """One colour per role. Equal inks draw equal lines, so caches may compare them."""

    dark: bool
    background: Color
    surface: Color
    panel: Color
    foreground: Color
    muted: Color
    faint: Color
    primary: Color
    secondary: Color
    accent: Color
    success: Color
    warning: Color
    error: Color
    code: Color
    moods: tuple[tuple[str, Color], ...]

    def mood(self, name: str) -> Color:
        """The colour of a mood, or of ``asleep`` and ``away``."""
        return dict(self.moods).get(name, self.primary)

    def level(self, level: str) -> Color:
        """The colour of a notice."""
        return {"warning": self.warning, "error": self.error}.get(level, self.secondary)


@lru_cache(maxsize=1024)
def pen(color: Color, *, on: Color | None = None, bold: bool = False, italic: bool = False) -> Style:
    """A Rich style that writes with ``color``, on the widget's own background unless ``on`` is given."""
    return Style(color=color.hex6, bgcolor=None if on is None else on.hex6, bold=bold or None, italic=italic or None)


def make_ink(variables: Mapping[str, str], dark: bool) -> Ink:
    """Read the roles from an app's theme ``variables``; what is missing or is no plain colour gets a sound default."""

    def read(name: str, default: str) -> Color:
        try:
            color = Color.parse(variables.get(name, default))
        except ColorParseError:
            color = Color.parse(default)
        if color.ansi is not None:
            color = Color.parse(default)
        return Color(*color.rgb)

    background = read("background", "#0f121a" if dark else "#fbfaf7")
    foreground = read("foreground", "#dfe3ee" if dark else "#1f2430")
    return Ink(
        dark=dark,
        background=background,
        surface=read("surface", background.hex),
        panel=read("panel", background.hex),
        foreground=foreground,
        muted=background.blend(foreground, 0.62 if dark else 0.70),
        faint=background.blend(foreground, 0.30),
        primary=read("primary", "#6fd3c4"),
        secondary=read("secondary", "#8b9cf2"),
        accent=read("accent", "#c3a6ff"),
        success=read("success", "#84d79a"),
        warning=read("warning", "#efc26d"),
        error=read("error", "#f2808f"),
        code=read("code-background", background.hex),
        moods=tuple((name, read(f"mood-{name}", "#6fd3c4")) for name in MOODS),
    )
