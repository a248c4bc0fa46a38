"""The column at the right: figure, state, curves, gauges, facts. It hands each part only what that part shows."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical

from sovl_tui.ink import Ink
from sovl_tui.vitals import Vitals
from sovl_tui.widgets.curve import Curve
from sovl_tui.widgets.facts import Facts
from sovl_tui.widgets.figure import Figure
from sovl_tui.widgets.gauges import Gauges
from sovl_tui.widgets.lines import Lines
from sovl_tui.widgets.state_line import StateLine


class StatusColumn(Vertical):
    """One glance tells how it is."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.figure = Figure(id="figure")
        self.state_line = StateLine(id="state-line")
        self.temperament = Curve("temperament", "primary", id="temperament")
        self.confidence = Curve("confidence", "secondary", id="confidence")
        self.gauges = Gauges(id="gauges")
        self.facts = Facts(id="facts")

    @property
    def parts(self) -> tuple[Lines, ...]:
        """All widgets of the column, top to bottom."""
        return self.figure, self.state_line, self.temperament, self.confidence, self.gauges, self.facts

    def compose(self) -> ComposeResult:
        """Stack the parts."""
        yield from self.parts

    def show(self, vitals: Vitals) -> None:
        """Show ``vitals``; parts whose data did not change stay as they are."""
        snapshot = vitals.snapshot
        self.figure.show_vitals(vitals)
        self.state_line.show(vitals)
        self.temperament.show_values(snapshot.temperament_trace, snapshot.temperament, "moves as you talk")
        self.confidence.show_values(snapshot.confidence_trace, snapshot.confidence, "nothing said yet")
        self.gauges.show_snapshot(snapshot)
        self.facts.show_snapshot(snapshot)

    def use_ink(self, ink: Ink) -> None:
        """Draw in other colours."""
        for part in self.parts:
            part.use_ink(ink)
