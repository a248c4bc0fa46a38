"""The themes of our own, and the colours of mood that any theme may override.

Nothing is told by colour alone: signs and words say the same. The clear pair keeps good, doubtful and bad apart for
eyes that see no red or no green; the mono theme has no hue at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="sovl-dark",
    dark=True,
    primary="#6fd3c4",
    secondary="#8b9cf2",
    accent="#c3a6ff",
    foreground="#dfe3ee",
    background="#0f121a",
    surface="#171b26",
    panel="#202636",
    success="#84d79a",
    warning="#efc26d",
    error="#f2808f",
    variables={
        "mood-calm": "#6fd3c4",
        "mood-curious": "#f3c46b",
        "mood-restless": "#f39072",
        "mood-melancholic": "#8b9cf2",
        "mood-asleep": "#7c7fbf",
        "mood-away": "#7d869a",
        "code-background": "#191e2b",
        "block-cursor-background": "#2b3550",
        "block-cursor-foreground": "#f4f6fb",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#6fd3c4",
        "input-cursor-foreground": "#0f121a",
        "input-selection-background": "#4a5a8c 60%",
        "border": "#6fd3c4",
        "border-blurred": "#343c51",
        "scrollbar": "#2b3347",
        "scrollbar-hover": "#3d4763",
        "scrollbar-active": "#6fd3c4",
        "scrollbar-background": "#0f121a",
        "scrollbar-background-hover": "#0f121a",
        "scrollbar-background-active": "#0f121a",
        "scrollbar-corner-color": "#0f121a",
    },
)

LIGHT = Theme(
    name="sovl-light",
    dark=False,
    primary="#0b7a6e",
    secondary="#3f51b5",
    accent="#7341c4",
    foreground="#1f2430",
    background="#fbfaf7",
    surface="#f1efe9",
    panel="#e6e3da",
    success="#23743a",
    warning="#8f5a00",
    error="#b3263e",
    variables={
        "mood-calm": "#2bb3a3",
        "mood-curious": "#e0a32e",
        "mood-restless": "#e0714a",
        "mood-melancholic": "#6d7de0",
        "mood-asleep": "#8486c9",
        "mood-away": "#9aa1ad",
        "code-background": "#f0ede5",
        "block-cursor-background": "#d5dcef",
        "block-cursor-foreground": "#12151c",
        "block-cursor-text-style": "none",
        "input-cursor-background": "#0b7a6e",
        "input-cursor-foreground": "#fbfaf7",
        "input-selection-background": "#9fb2e8 60%",
        "border": "#0b7a6e",
        "border-blurred": "#c9c5b8",
        "scrollbar": "#d3cfc3",
        "scrollbar-hover": "#bab5a6",
        "scrollbar-active": "#0b7a6e",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
        "scrollbar-corner-color": "#fbfaf7",
    },
)


def recoloured(base: Theme, name: str, colours: Mapping[str, Any], moods: Mapping[str, str], **grounds: str) -> Theme:
    """``base`` in other colours; ``grounds`` are variables that are neither colour nor mood.

    Whether the theme is dark follows from its background.
    """
    primary, background = colours.get("primary", base.primary), colours.get("background", base.background or "")
    variables = {
        **base.variables,
        **dict.fromkeys(("input-cursor-background", "border", "scrollbar-active"), primary),
        **{variable: background for variable in base.variables if variable.startswith("scrollbar-background")},
        **{f"mood-{mood}": colour for mood, colour in moods.items()},
        **{variable.replace("_", "-"): colour for variable, colour in grounds.items()},
    }
    dark = Color.parse(background).brightness < 0.5
    return replace(base, name=name, dark=dark, variables=variables, **colours)


CLEAR_DARK = recoloured(
    DARK,
    "sovl-clear-dark",
    {
        "primary": "#8fd0ff",
        "secondary": "#c3ccda",
        "accent": "#e6a1d0",
        "success": "#4aa8e8",
        "warning": "#fbf08a",
        "error": "#f0681a",
    },
    {
        "calm": "#8fd0ff",
        "curious": "#fbf08a",
        "restless": "#f0681a",
        "melancholic": "#a9b4c8",
        "asleep": "#7f93d8",
        "away": "#7d869a",
    },
)

CLEAR_LIGHT = recoloured(
    LIGHT,
    "sovl-clear-light",
    {
        "primary": "#00589f",
        "secondary": "#4b5872",
        "accent": "#7a2a8c",
        "success": "#0063b3",
        "warning": "#8f6b00",
        "error": "#6d1f00",
    },
    {
        "calm": "#3d8fd1",
        "curious": "#c79a1e",
        "restless": "#b0502a",
        "melancholic": "#7d8aa3",
        "asleep": "#6f80c4",
        "away": "#9aa1ad",
    },
)

MONO = recoloured(
    DARK,
    "sovl-mono",
    {
        "primary": "#ffffff",
        "secondary": "#c9c9c9",
        "accent": "#ffffff",
        "foreground": "#e4e4e4",
        "background": "#101010",
        "surface": "#191919",
        "panel": "#262626",
        "success": "#f4f4f4",
        "warning": "#c4c4c4",
        "error": "#ffffff",
    },
    {
        "calm": "#d6d6d6",
        "curious": "#f4f4f4",
        "restless": "#c4c4c4",
        "melancholic": "#9a9a9a",
        "asleep": "#8a8a8a",
        "away": "#7d7d7d",
    },
    code_background="#191919",
    block_cursor_background="#3a3a3a",
    block_cursor_foreground="#ffffff",
    input_cursor_foreground="#101010",
    input_selection_background="#6a6a6a 60%",
    border_blurred="#3f3f3f",
    scrollbar="#3a3a3a",
    scrollbar_hover="#555555",
    scrollbar_corner_color="#101010",
)

OWN_THEMES = (DARK, LIGHT, CLEAR_DARK, CLEAR_LIGHT, MONO)

MOOD_DEFAULTS = {name: value for name, value in DARK.variables.items() if name.startswith(("mood-", "code-"))}
"""Variables that the styles use and foreign themes do not define."""
