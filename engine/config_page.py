"""The page ``docs/configuration.md``, written from the table of settings: ``make docs``."""

from __future__ import annotations

import json
from collections.abc import Iterator

from engine.config import SECTIONS, KeySpec, keys, presets

_HEAD = """# Configuration

Every setting: what it does, what it may be, what can be seen to move when it alone is changed, and from when on. This
page is written by `make docs` from the table that the program itself goes by, and for each setting a test changes it
alone and watches what the last column names.

`config KEY` shows a setting, `config KEY VALUE` changes it, `config why KEY` tells all of this and where the value
comes from, `config reset KEY` gives the default back, `config search WORD` finds one, and `config save` keeps them.
What is running when a setting is changed, an answer, a training, a night, goes on as it began.
"""
_SETTINGS = "| key | default | may be | does | moves, and from when on |\n|---|---|---|---|---|"
_PRESETS = """## Presets

`config preset NAME` makes several settings that belong together; `usual` gives all of them their defaults back.

| preset | what you will notice | sets |
|---|---|---|"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD]
    for name, section in SECTIONS.items():
        rows = "\n".join(_row(known) for known in keys() if known.section == name)
        parts.append(f"## {name}\n\n{(section.__doc__ or '').strip()}\n\n{_SETTINGS}\n{rows}\n")
    parts.append("\n".join((_PRESETS, *_preset_rows())) + "\n")
    return "\n".join(parts)


def _row(known: KeySpec) -> str:
    unit = f" ({known.unit})" if known.unit and known.kind != "list" else ""
    cells = (f"`{known.name}`", f"`{_json(known.default)}`", known.allowed + unit, known.help, known.told)
    return f"| {' | '.join(cells)} |"


def _preset_rows() -> Iterator[str]:
    for preset in presets()[1:]:
        made = ", ".join(f"`{key}` {_json(value)}" for key, value in preset.settings.items())
        yield f"| `{preset.name}` | {preset.noticed} | {made} |"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    print(page(), end="")
