"""The configuration screen in its states, for pictures and for looking."""

from __future__ import annotations

from sovl_tui.screens.config import ConfigScreen
from tests.tui.stage import Stage


async def opened(stage: Stage) -> ConfigScreen:
    """The configuration, just opened, with an engine that obeys and a file that has what the stage is set with."""
    if not stage.engine.config_path.exists():
        stage.app.config.save(stage.engine.config_path)
    stage.engine.obey(stage.app.config)
    stage.engine.awaken()
    await stage.settle()
    stage.app.action_go("config")
    await stage.settle()
    screen = stage.app.screen
    assert isinstance(screen, ConfigScreen)
    return screen


async def untouched(stage: Stage) -> None:
    """All defaults."""
    await opened(stage)


async def changed(stage: Stage) -> None:
    """Some values from a file, some not saved, one that waits for a reset, the cursor on a number."""
    stage.app.config.set("sleep_log_min", 14)
    stage.app.config.set("lora_rank", 16)
    stage.app.config.save(stage.engine.config_path)
    screen = await opened(stage)
    for line in ("/config lora_rank 32", "/config base_temperature 0.9", "/config enable_dreaming off"):
        stage.app.submit(line)
    await stage.settle()
    screen.list.go_to("controls_config.base_temperature")
    await stage.settle()


async def waiting_for_reset(stage: Stage) -> None:
    """The cursor on a setting that acts only after a reset."""
    await changed(stage)
    screen = stage.app.screen
    assert isinstance(screen, ConfigScreen)
    screen.list.go_to("lora_config.lora_rank")
    await stage.settle()


async def searched(stage: Stage) -> None:
    """Looking for a word."""
    screen = await opened(stage)
    await stage.pilot.press("slash", *"dream")
    await stage.settle()
    assert screen.search.has_focus


async def nothing_found(stage: Stage) -> None:
    """A word that is nowhere."""
    await opened(stage)
    await stage.pilot.press("slash", *"zebra")
    await stage.settle()


async def editing(stage: Stage) -> None:
    """A value beyond its range, in the middle of being typed."""
    screen = await opened(stage)
    screen.list.go_to("controls_config.base_temperature")
    await stage.settle()
    await stage.pilot.press("enter")
    screen.editor.value = "9"
    await stage.settle()


async def refused(stage: Stage) -> None:
    """The engine says no: two keys contradict one another."""
    screen = await opened(stage)
    screen.list.go_to("core_config.layer_selection_mode")
    await stage.settle()
    await stage.pilot.press("enter", "enter")
    await stage.settle()


async def saving(stage: Stage) -> None:
    """The diff before the file is written."""
    await changed(stage)
    await stage.pilot.press("s")
    await stage.settle()


async def broken_file(stage: Stage) -> None:
    """The file of settings is no JSON any more."""
    stage.engine.config_path.write_text("{")
    await opened(stage)
