"""Pictures of the app for the README, made from the running app: ``python -m bench.screenshots [--fake] [--out DIR]``.

The real engine on a home of its own is asked a few questions, and the screen is saved as SVG. ``--fake`` uses the
scripted engine of the tests instead, for looking at screens without a model.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len

from engine.config import Config

if TYPE_CHECKING:
    from sovl_tui.app import SovlApp
    from sovl_tui.driver import Driver

SIZES = {"wide": (120, 40), "narrow": (80, 24)}
QUESTIONS = (
    "Hello! Who are you?",
    "What is the Moon made of? Answer in one sentence.",
    "Write a Python function that doubles a number.",
    "/status",
)
WAIT_SECONDS = 300.0

_TEXT = re.compile(r'<text class="(?P<cls>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)"[^>]*?>(?P<body>[^<]*)</text>')
_CELL = 12.2
_ROW = 24.4
_BLOCKS = {"▀": (0.0, 0.5), "▄": (0.5, 0.5), "█": (0.0, 1.0)}


def pinned(svg: str) -> str:
    """Rich's SVG with every character in its place: no viewer's font can shift a column or leave seams in a picture.

    Each glyph gets its own x, half blocks become rectangles and braille becomes dots, which few fonts hold in the width
    of the others; fonts that most systems have come after the named one.
    """
    fills = dict(re.findall(r"\.([\w-]+-r\d+) \{ fill: ([^;}]+)", svg))

    def pin(match: re.Match[str]) -> str:
        name, x, y = match["cls"], float(match["x"]), float(match["y"])
        glyphs: list[str] = []
        rects: list[str] = []
        for char in unescape(match["body"]):
            if char in _BLOCKS:
                top, height = _BLOCKS[char]
                rects.append(
                    f'<rect x="{x:.1f}" y="{y - 18.5 + top * _ROW:.2f}" width="{_CELL + 0.3:.1f}" '
                    f'height="{height * _ROW + 0.25:.2f}" fill="{fills.get(name, "#000")}"/>'
                )
            elif 0x2800 < ord(char) <= 0x28FF:
                rects.append(_dots(ord(char) - 0x2800, x, y - 18.5, fills.get(name, "#000")))
            elif not char.isspace() and char != "\xa0":
                glyphs.append(f'<tspan x="{x:.1f}">{escape(char)}</tspan>')
            x += _CELL * cell_len(char)
        text = f'<text class="{name}" y="{match["y"]}">{"".join(glyphs)}</text>' if glyphs else ""
        return "".join(rects) + text

    svg = _TEXT.sub(pin, svg)
    return svg.replace(
        "font-family: Fira Code, monospace", "font-family: Fira Code, DejaVu Sans Mono, Menlo, monospace"
    )


def _dots(pattern: int, x: float, y: float, fill: str) -> str:
    """A character of braille as circles: its bits are the dots 1 to 8, of which the last two stand below the others."""
    places = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    shown = [place for bit, place in enumerate(places) if pattern >> bit & 1]
    centres = [(x + _CELL * (column + 0.5) / 2, y + _ROW * (row + 0.5) / 4) for column, row in shown]
    return "".join(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="1.7" fill="{fill}"/>' for cx, cy in centres)


async def shoot(engine: Driver, config: Config, size: tuple[int, int], path: Path, act: Act) -> None:
    """Run the app at ``size``, let ``act`` drive it, and save what is on the screen."""
    from sovl_tui.app import SovlApp

    app = SovlApp(engine, config)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await act(app)
        await asyncio.sleep(0.3)
        path.write_text(pinned(app.export_screenshot(title="sovl")), encoding="utf-8")


Act = Callable[["SovlApp"], Awaitable[None]]


async def converse(app: SovlApp) -> None:
    """Ask the questions and wait for all the answers."""
    for question in QUESTIONS:
        app.send(question)
    end = time.monotonic() + WAIT_SECONDS
    entries = app.live.transcript.conversation.entries
    while any(entry.phase in ("waiting", "running") for entry in entries):
        if time.monotonic() > end:
            raise SystemExit(f"The engine did not answer within {WAIT_SECONDS:.0f} seconds.")
        await asyncio.sleep(0.1)


def _real(home: Path) -> Driver:
    from engine import Engine, Home

    return Engine(Home(home).open(), Config())


def _fake(home: Path) -> Driver:
    from tests.tui.demo import DemoEngine

    return DemoEngine(home)


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fake", action="store_true", help="use the scripted engine")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder for the pictures")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for theme in ("sovl-dark", "sovl-light"):
        for name, size in SIZES.items():
            config = Config()
            config.set("interface_config.theme", theme)
            config.set("interface_config.animations", False)
            with tempfile.TemporaryDirectory() as folder:
                engine = _fake(Path(folder)) if options.fake else _real(Path(folder))
                path = options.out / f"live-{name}-{theme.removeprefix('sovl-')}.svg"
                asyncio.run(shoot(engine, config, size, path, converse))
                engine.shutdown()
                engine.join(10.0)
                print(path)


if __name__ == "__main__":
    main()
