"""Taking a picture of the app in some state, and comparing it with the one that was accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.pilot import Pilot

from engine import NightRecord
from engine.config import Config
from sovl_tui.app import SovlApp
from sovl_tui.rooms import Room
from tests.tui.fakes import FakeEngine
from tests.tui.past import live_through
from tests.tui.stage import HOUSE, Stage

Act = Callable[[Stage], Awaitable[None]]
Size = tuple[int, int]
WIDE, NARROW, SMALL = (120, 40), (80, 24), (40, 12)


def picture(
    act: Act,
    size: Size,
    theme: str,
    tmp_path: Path,
    snap_compare: Callable[..., bool],
    *,
    nights: Sequence[NightRecord] | None = None,
    rooms: Sequence[Room] = HOUSE,
) -> None:
    """Bring the app into the state that ``act`` makes, at ``size``, and compare what is seen.

    With ``nights``, none or some, the lifeform has lived through them, and is awake.
    """
    engine = FakeEngine(tmp_path / "home")
    if nights is not None:
        live_through(tmp_path / "home", *nights)
    config = Config()
    config.set("interface_config.theme", f"sovl-{theme}")
    config.set("interface_config.animations", False)
    app = SovlApp(engine, config, rooms)

    async def run_before(pilot: Pilot[None]) -> None:
        stage = Stage(app, engine, pilot)
        if nights is not None:
            engine.awaken(stage="young", exposure=150.0, weight=0.31, learned=True)
            await stage.settle()
        await act(stage)
        await stage.settle()

    assert snap_compare(app, terminal_size=size, run_before=run_before)


def name_of(shot: tuple[Act, Size, str]) -> str:
    """How the picture ``shot`` is called."""
    act, size, theme = shot
    return f"{act.__name__}-{size[0]}x{size[1]}-{theme}"
