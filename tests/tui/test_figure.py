from dataclasses import replace
from itertools import cycle, product
from pathlib import Path

import pytest

from engine.api import EngineState, Snapshot
from sovl_tui.creature import BREATH_FRAMES, Pose, paint, pose_of
from sovl_tui.ink import make_ink
from sovl_tui.themes import DARK
from tests.tui.stage import on_stage

INK = make_ink({**DARK.to_color_system().generate(), **DARK.variables}, dark=True)
MOODS = ("calm", "curious", "restless", "melancholic")


def drawing(pose: Pose, width: int = 34, rows: int = 9, frame: int = 2) -> str:
    return "\n".join(line.plain for line in paint(pose, width, rows, frame, INK))


@pytest.mark.parametrize(("width", "rows"), [(34, 9), (27, 6), (12, 3), (3, 1)])
@pytest.mark.parametrize("doing", ["forming", "awake", "speaking", "working", "asleep", "fallen", "gone"])
def test_it_fits_its_place_in_every_pose(width: int, rows: int, doing: str) -> None:
    beings = product(MOODS, ("newborn", "young", "mature", "elder"))
    for (mood, stage), frame in zip(beings, cycle(range(BREATH_FRAMES)), strict=False):
        lines = paint(Pose(mood, stage, doing, 0.5), width, rows, frame, INK)
        assert len(lines) == rows
        assert all(line.cell_len <= width for line in lines)


@pytest.mark.parametrize(("width", "rows"), [(34, 9), (27, 6)])
def test_moods_and_doings_differ_even_without_colour(width: int, rows: int) -> None:
    awake = [drawing(Pose(mood), width, rows) for mood in MOODS]
    assert len(set(awake)) == len(MOODS)
    doings = ("forming", "awake", "asleep", "fallen")
    assert len({drawing(Pose(doing=doing, formed=0.4), width, rows) for doing in doings}) == len(doings)


def test_stages_differ_even_without_colour() -> None:
    assert len({drawing(Pose(stage=stage)) for stage in ("newborn", "young", "mature", "elder")}) == 4


def test_it_breathes_but_not_when_fallen() -> None:
    assert len({drawing(Pose(), frame=frame) for frame in range(BREATH_FRAMES)}) > 1
    assert len({drawing(Pose(doing="fallen"), frame=frame) for frame in range(BREATH_FRAMES)}) == 1


@pytest.mark.parametrize(
    ("state", "doing"),
    [
        (EngineState.COLD, "forming"),
        (EngineState.LOADING, "forming"),
        (EngineState.AWAKE, "awake"),
        (EngineState.SPEAKING, "speaking"),
        (EngineState.WORKING, "working"),
        (EngineState.DREAMING, "asleep"),
        (EngineState.TRAINING, "asleep"),
        (EngineState.AUDITING, "asleep"),
        (EngineState.FAILED, "fallen"),
        (EngineState.STOPPING, "gone"),
        (EngineState.CLOSED, "gone"),
    ],
)
def test_every_state_has_its_pose(state: EngineState, doing: str) -> None:
    assert pose_of(replace(Snapshot(), state=state), 0.3).doing == doing


async def test_at_rest_it_breathes_half_as_often_and_news_wake_it(tmp_path: Path) -> None:
    async with on_stage(tmp_path) as stage:
        figure = stage.app.live.column.figure

        def frames_of(breaths: int) -> int:
            before = figure._frame
            seen = []
            for _ in range(breaths):
                figure._breathe()
                if figure._frame != before:
                    seen.append(figure._frame)
                    before = figure._frame
            return len(seen)

        assert frames_of(20) == 20
        frames_of(40)
        assert frames_of(20) == 10
        stage.engine.snapshot(mood="curious")
        await stage.settle()
        assert frames_of(20) == 20
