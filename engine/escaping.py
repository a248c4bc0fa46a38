"""Text made safe to show: what a terminal would obey, hide or reorder becomes something to look at.

A model can say anything, and a prompt can be pasted from anywhere. An escape sequence that reaches a terminal moves the
cursor, sets the title or worse; a bidirectional override makes text read differently from what it is. Nothing is
removed, so what is shown is what was said. Two joiners stay, because scripts and emoji need them and they hide nothing.
"""

from __future__ import annotations


def visible(text: str) -> str:
    r"""``text`` with nothing left in it that a terminal would interpret.

    Line breaks and tabs stay. Other ASCII control characters become their pictures (``ESC`` is ``␛``); C1 controls,
    direction overrides, invisible characters and lone surrogates become escapes such as ``\u202e``. Works character
    by character, so text may come in chunks.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_SHOWN)


def _escaped(code: int) -> str:
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def _table() -> dict[int, str]:
    pictures = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"}
    pictures[0x7F] = "\u2421"
    hidden = [
        range(0x80, 0xA0),  # C1 controls: 0x9B alone starts an escape sequence
        range(0x061C, 0x061D),  # direction marks, here and at 200E
        range(0x180E, 0x180F),  # a vowel separator without width
        range(0x200B, 0x200C),  # zero-width space; the joiners 200C and 200D stay
        range(0x200E, 0x2010),
        range(0x2028, 0x202F),  # line and paragraph separators, direction embeddings and overrides
        range(0x2060, 0x2070),  # word joiner, invisible operators, direction isolates
        range(0xD800, 0xE000),  # lone surrogates: no terminal can encode them
        range(0xFEFF, 0xFF00),  # byte order mark
        range(0xFFF9, 0xFFFC),  # interlinear annotation
        range(0xE0000, 0xE0080),  # tags: whole sentences that nobody sees
    ]
    return pictures | {code: _escaped(code) for block in hidden for code in block}


_SHOWN = _table()
