"""The speed bench on a tiny model: every peer computes the same number of tokens, and ratios are of the same round."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench import decode
from bench.decode import Bench, as_table, main, rows_of
from bench.decode_peers import Timing


class Clockwork:
    """A peer that always takes as long as it is told, and notes who had a turn."""

    def __init__(self, name: str, seconds: Sequence[float], order: list[str]) -> None:
        self.name, self._seconds, self._order = name, list(seconds), order

    def run(self, ids: Sequence[int], tokens: int) -> Timing:
        self._order.append(self.name)
        return Timing(self._seconds.pop(0), 1.0, tokens - 1)


def test_everybody_has_a_turn_in_every_round_and_ratios_are_of_one_round() -> None:
    order: list[str] = []
    slow, fast = Clockwork("slow", [9, 4, 8, 12], order), Clockwork("fast", [9, 2, 2, 2], order)
    bench = object.__new__(Bench)
    bench.rounds, bench.tokens, bench.ids = 3, 11, [1, 2, 3]
    found = bench.rounds_of([slow, fast], 3)
    assert order == ["slow", "fast", "slow", "fast", "fast", "slow", "slow", "fast"]
    rows = {row["who"]: row for row in rows_of(found, "fast", prompt=3)}
    assert rows["slow"]["first token ms"] == 8000
    assert rows["slow"]["first token of fast ÷ this"] == 0.25
    assert rows["fast"]["tokens/s"] == 10
    assert as_table(list(rows.values()))[2].startswith("3 | slow | 10.0 | 8000")


def test_an_unknown_part_is_refused_before_anything_is_loaded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "Bench", lambda *_: pytest.fail("loaded"))
    with pytest.raises(SystemExit):
        main(["--parts", "peers,nonsense"])
    assert "nonsense" in capsys.readouterr().err
