from collections.abc import Sequence
from dataclasses import replace

from engine.api import EngineState, Event, Outbox, Progress, Snapshot, StateChanged, TextChunk
from sovl_tui.pump import BUSY_SECONDS, CALM_TICKS, IDLE_SECONDS, Pump
from sovl_tui.vitals import Vitals, clock, short_count


class Seen:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.vitals: list[Vitals] = []
        self.paces: list[float] = []

    def take(self, events: Sequence[Event]) -> None:
        self.events.extend(events)

    def show(self, vitals: Vitals) -> None:
        self.vitals.append(vitals)


def make() -> tuple[Outbox, Seen, Pump]:
    outbox, seen = Outbox(Snapshot(version=1, state=EngineState.AWAKE)), Seen()
    return outbox, seen, Pump(outbox, seen, seen.paces.append)


def test_text_of_one_tick_arrives_as_one_piece() -> None:
    outbox, seen, pump = make()
    for word in ("one ", "two ", "three"):
        outbox.put(TextChunk(1, word))
    assert pump.tick()
    assert [event.text for event in seen.events if isinstance(event, TextChunk)] == ["one two three"]


def test_a_snapshot_is_shown_once() -> None:
    outbox, seen, pump = make()
    pump.tick()
    assert not pump.tick()
    assert len(seen.vitals) == 1
    outbox.latest = replace(outbox.latest, version=2)
    assert pump.tick()
    assert len(seen.vitals) == 2


def test_it_slows_down_when_nothing_happens_and_hurries_when_told() -> None:
    _, seen, pump = make()
    pump.hurry()
    for _ in range(CALM_TICKS + 2):
        pump.tick()
    assert seen.paces == [BUSY_SECONDS, IDLE_SECONDS]
    pump.hurry()
    assert seen.paces[-1] == BUSY_SECONDS


def test_it_stays_quick_while_the_engine_works() -> None:
    outbox, seen, pump = make()
    outbox.latest = replace(outbox.latest, version=2, state=EngineState.SPEAKING)
    for _ in range(3 * CALM_TICKS):
        pump.tick()
    assert seen.paces == [BUSY_SECONDS]


def test_progress_belongs_to_the_state_it_came_in() -> None:
    outbox, seen, pump = make()
    outbox.put(Progress(1, "step", 1, 4, 90))
    pump.tick()
    assert (seen.vitals[-1].share, seen.vitals[-1].time_left) == (0.25, "1:30 left")
    outbox.put(StateChanged(EngineState.AWAKE))
    pump.tick()
    assert (seen.vitals[-1].share, seen.vitals[-1].time_left) == (None, "")


def test_progress_of_unknown_length_has_no_share() -> None:
    assert Vitals(Snapshot(), Progress(1, "reading", 5, 0)).share is None


def test_numbers_are_short() -> None:
    assert [short_count(n) for n in (0, 7, 2.5, 950, 2048, 12_000, 134_515_008)] == [
        "0", "7", "2.5", "950", "2k", "12k", "135M",
    ]  # fmt: skip
    assert [clock(n) for n in (0, 65, 3723.4)] == ["0:00", "1:05", "1:02:03"]
