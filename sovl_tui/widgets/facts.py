"""What computes and what it remembers, as plain labelled facts."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from engine.api import Snapshot
from sovl_tui.ink import Ink, pen
from sovl_tui.visible import one_line
from sovl_tui.vitals import short_count
from sovl_tui.widgets.lines import Lines

_LABEL = 11


def short_name(model: str) -> str:
    """A model's name without its folder or organisation."""
    return one_line(model.rstrip("/").rpartition("/")[2] or model, 60)


def facts_of(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """Label and value of each fact, the most important first."""
    if not snapshot.base_model:
        return ()
    same = snapshot.scaffold_model == snapshot.base_model
    bridged = len(snapshot.bridged_layers)
    layers = f", {bridged}/{snapshot.layer_count} layers" if snapshot.layer_count else ""
    memory = {
        (True, True): "on",
        (False, False): "off",
        (True, False): "scaffold only",
        (False, True): "token map only",
    }[snapshot.scaffold_memory, snapshot.token_map_memory]
    unslept = f", {short_count(snapshot.unslept)} unslept" if snapshot.unslept else ""
    entries = "entry" if snapshot.interactions == 1 else "entries"
    trained = "never"
    if snapshot.last_trained is not None:
        trained = datetime.fromtimestamp(snapshot.last_trained).strftime("%d %b %H:%M")
    spoke = "with the scaffold" if snapshot.speaking_with_scaffold else "by the base alone"
    return (
        ("model", short_name(snapshot.base_model)),
        ("scaffold", "same checkpoint" if same else short_name(snapshot.scaffold_model)),
        ("bridge", f"{snapshot.form}{layers}"),
        ("runs on", f"{snapshot.device} · {snapshot.precision}".strip(" ·")),
        ("memory", memory),
        ("journal", f"{short_count(snapshot.interactions)} {entries}{unslept}"),
        ("slept", trained),
        ("answered", spoke if snapshot.confidence_trace else "nothing yet"),
    )


class Facts(Lines):
    """The facts of a snapshot; as many as fit."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._data: tuple[tuple[str, str], ...] = ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show ``snapshot``."""
        self.show(facts_of(snapshot))

    def lines(self, width: int, height: int, ink: Ink) -> list[Text]:
        """One line per fact."""
        result = []
        for label, value in self._data[:height]:
            line = Text(label.ljust(_LABEL), pen(ink.muted))
            line.append(value, pen(ink.foreground))
            line.truncate(width, overflow="ellipsis")
            result.append(line)
        return result
