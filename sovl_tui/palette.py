"""The command palette: every command of the engine and everything the app itself can do, found by a few letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from engine.commands import COMMANDS
from sovl_tui.keymap import ROOM_KEYS, KeySpec
from sovl_tui.themes import OWN_THEMES
from sovl_tui.user_keys import Changes, with_changes

if TYPE_CHECKING:
    from sovl_tui.app import SovlApp


@dataclass(frozen=True, slots=True)
class PaletteEntry:
    """One thing to do. ``action`` is an action of the app."""

    name: str
    help: str
    action: str


UI_ENTRIES = (
    PaletteEntry("help", "Keys and commands on one page", "app.help"),
    PaletteEntry("stop", "Stop what it does now", "app.stop_job"),
    PaletteEntry("copy answer", "Copy the newest answer", "screen.copy_answer"),
    PaletteEntry("newest", "Go to the end of the conversation, and follow it", "screen.newest"),
    PaletteEntry("clear view", "Clear the screen; nothing is forgotten", "app.clear_view"),
    PaletteEntry("status column", "Show or hide it", "app.toggle_status"),
    PaletteEntry("export chat as Markdown", "Save the conversation to a file to read", "app.export_chat('markdown')"),
    PaletteEntry("export chat as JSON", "Save the conversation to a file for programs", "app.export_chat('json')"),
    PaletteEntry("screenshot", "Save a picture of the screen as SVG", "app.picture"),
    PaletteEntry("messages", "What was said in the corner", "app.messages"),
    PaletteEntry("jump", "A sign on every pane and room; its key goes there", "app.jump"),
    PaletteEntry("own keys", "Write a file in the home folder with every key, to change them", "app.begin_own_keys"),
    PaletteEntry(
        "own theme", "Write a file in the home folder with these colours, to change them", "app.begin_own_theme"
    ),
    PaletteEntry("own files", "Read your keys and themes again, and say what is wrong", "app.read_own_files"),
    PaletteEntry("suspend", "To the shell; fg comes back", "app.suspend_process"),
    PaletteEntry("start again", "Start the engine after it fell over", "app.restart_engine"),
    PaletteEntry("quit", "Save and quit", "app.quit"),
)


def entries(
    themes: list[str], here: Sequence[KeySpec] = (), changes: Changes = MappingProxyType({})
) -> Iterator[PaletteEntry]:
    """All there is: first what the keys ``here``, of the room one is in, do, then the rooms, then the commands.

    ``changes`` are the user's own keys.
    """
    for key in with_changes(here, changes):
        if key.action:
            yield PaletteEntry(f"{key.does} ({key.shown})", "Here", f"screen.{key.action}")
    for key in with_changes(ROOM_KEYS, changes):
        yield PaletteEntry(f"go to {key.id.removeprefix('room.')} ({key.shown})", key.does, f"app.{key.action}")
    for command in COMMANDS:
        needs = any(argument.required for argument in command.arguments)
        action = f"app.begin('{command.name}')" if needs else f"app.run_line('{command.name}')"
        yield PaletteEntry(f"/{command.usage}", command.summary, action)
    yield from UI_ENTRIES
    own = [theme.name for theme in OWN_THEMES]
    for name in [*own, *(theme for theme in themes if theme not in own)]:
        yield PaletteEntry(f"theme: {name}", "Change the colours", f"app.use_theme('{name}')")


def _possible(app: SovlApp, entry: PaletteEntry) -> bool:
    """Whether it means anything in the room one is in."""
    place, _, call = entry.action.partition(".")
    action = call.partition("(")[0]
    node = app if place == "app" else app.rooms.here
    return hasattr(node, f"action_{action}") and node.check_action(action, ()) is not False


class SovlCommands(Provider):
    """Feeds the palette."""

    def _entries(self) -> list[PaletteEntry]:
        app: SovlApp = self.app  # type: ignore[assignment]
        return [entry for entry in entries(app.theme_names, app.rooms.here.KEYS, app.own.keys) if _possible(app, entry)]

    async def discover(self) -> Hits:
        """Everything, while nothing is typed."""
        for entry in self._entries():
            yield DiscoveryHit(Content(entry.name), self._doing(entry), help=entry.help)

    async def search(self, query: str) -> Hits:
        """What matches, by name first, by description else."""
        matcher = self.matcher(query)
        for entry in self._entries():
            score, offsets = matcher.fuzzy_search.match(query, entry.name)
            if score > 0:
                # Not Matcher.highlight: it takes the name for markup, and `[n]` would vanish from a usage.
                shown = Content(entry.name)
                for offset in offsets:
                    shown = shown.stylize(matcher.match_style, offset, offset + 1)
                yield Hit(score, shown, self._doing(entry), text=entry.name, help=entry.help)
            elif query.casefold() in entry.help.casefold():
                yield Hit(0.1, Content(entry.name), self._doing(entry), text=entry.name, help=entry.help)

    def _doing(self, entry: PaletteEntry):  # type: ignore[no-untyped-def]
        app = self.app

        async def do() -> None:
            await app.run_action(entry.action, app.screen)

        return do
