"""The two themes of our own, and the colours of mood that any theme may override."""

from __future__ import annotations

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

OWN_THEMES = (DARK, LIGHT)

MOOD_DEFAULTS = {name: value for name, value in DARK.variables.items() if name.startswith(("mood-", "code-"))}
"""Variables that the styles use and foreign themes do not define."""
