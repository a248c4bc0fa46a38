"""Any setting may be changed at any moment: in the middle of an answer, a training, a night. Nothing breaks by it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lives import Ear, awake_on
from observing import FACTS, Watch
from short_nights import shorten_nights

from engine.api import Event, TextChunk
from engine.composition.model_folder import WeightsError
from engine.composition.trained import copy_of_trained, put_trained
from engine.config import Change, ConfigError, KeySpec, keys, spec
from engine.learning import sleep as nights
from engine.learning import to_stay
from engine.learning.portions import LearningFailed
from engine.lifeform import Lifeform
from engine.schooling import Wanted, train
from engine.state import capture, restore
from engine.status import snapshot_of

if TYPE_CHECKING:
    from engine.composition.composition import Composition

SAFE_TEXT = {
    "base_model_name": ("llama", "gpt2"),
    "scaffold_model_name": ("llama", "other"),
    "save_path_prefix": ("state", "other"),
    "train_data": ("rows.jsonl", ""),
    "theme": ("sovl-dark", "nord"),
}
MOST = {"cpu_threads": 2, "lora_rank": 64, "cross_attn_layers": 7, "custom_layers": 7}
"""No higher, lest the machine be busy for long; the layers still reach beyond the six that there are."""


def value_of(known: KeySpec) -> st.SearchStrategy[Any]:
    """Values that ``known`` takes, its bounds often among them, and now and then one that it does not take."""
    low, high = known.low or 0, MOST.get(known.name, known.high or 0)
    match known.kind:
        case "number":
            good: st.SearchStrategy[Any] = st.floats(low, high) | st.sampled_from([low, high])
        case "integer":
            good = st.integers(int(low), int(min(high, low + 3000))) | st.just(int(low))
        case "switch":
            good = st.booleans()
        case "choice":
            good = st.sampled_from([*known.choices, *([None] if known.nullable else [])])
        case "list" if known.low is None:
            good = st.lists(st.sampled_from(["q_proj", "down_proj", "c_attn"]), min_size=1, max_size=3)
        case "list":
            good = st.lists(st.integers(0, int(high)), max_size=4)
        case _:
            words = SAFE_TEXT.get(known.name)
            good = st.sampled_from(words) if words else st.text(max_size=40)
    return good | st.sampled_from([None, "", -1, 1e300, math.nan, [], "nonsense"]) if known.kind != "text" else good


CHANGES = st.lists(
    st.sampled_from(keys()).flatmap(lambda known: st.tuples(st.just(known.dotted), value_of(known))),
    min_size=1,
    max_size=12,
)


def so_many(examples: int) -> Any:
    return settings(max_examples=examples, suppress_health_check=list(HealthCheck))


@contextmanager
def living(composition: Composition, folder: Path, home: Path) -> Iterator[Lifeform]:
    """A life that was told the facts; what it learns is undone at the end."""
    newborn = copy_of_trained(composition)
    given_settings = {"context_length": 1024, "train_data": "rows.jsonl", "train_epochs": 2, "batch_size": 4}
    with awake_on(composition, home, folder, **given_settings) as life:
        for fact in FACTS[:2]:
            life.journal.record(conversation_id="a", prompt=fact, response="I see.", confidence_score=0.65)
        try:
            yield life
        finally:
            put_trained(composition, newborn)
            composition.gate.trained = False


@pytest.fixture
def born(
    composition: Composition,
    tiny_folders: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[], AbstractContextManager[Lifeform]]]:
    """Makes lives of which none knows of the others, for trainings and nights that are short."""
    shorten_nights(monkeypatch)
    monkeypatch.setattr(nights, "questions", lambda *_: [])
    monkeypatch.setattr(to_stay, "KEPT", 1)
    monkeypatch.setattr(to_stay, "SHUT", 2)
    monkeypatch.chdir(tiny_folders["llama"].parent)
    rows = [{"prompt": f"what is number {n}?", "response": f"it is {n}"} for n in range(8)]
    Path("rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    yield lambda: living(composition, tiny_folders["llama"], tmp_path_factory.mktemp("home") / "life")
    torch.set_num_threads(1)


def change(life: Lifeform, key: str, value: Any) -> Change | None:
    """Change one setting as the command does; what is no good is refused and changes nothing."""
    before = life.config.dump()
    try:
        return life.set_config(key, value)
    except ConfigError as error:
        assert life.config.dump() == before and str(error).isprintable()
        return None


def check_sound(life: Lifeform) -> None:
    """It speaks, shows its figures, and what it would save comes back."""
    assert all(bool(t.isfinite().all()) for t in copy_of_trained(life.composed).values())
    figures = snapshot_of(life)
    assert 0.0 <= figures.weight <= life.config.controls_config.scaffold_weight_cap
    assert 0.0 <= figures.temperament <= 1.0 and math.isfinite(figures.growth) and figures.capacity >= 0.0
    assert life.generate(Ear(), "hello there", 2).stats.tokens <= 2
    held = copy_of_trained(life.composed)
    restore(life, capture(life))
    assert all(torch.equal(held[name], tensor) for name, tensor in copy_of_trained(life.composed).items())


class Meddler(Watch):
    """Watches, and at every pause changes the next setting, and has a word with the life."""

    def __init__(self, life: Lifeform, changes: list[tuple[str, Any]]) -> None:
        super().__init__()
        self.alive, self.changes = life, list(changes)

    def attend(self, aside: Callable[[], AbstractContextManager[None]]) -> None:
        if self.changes:
            with aside():
                change(self.alive, *self.changes.pop(0))
                self.alive.generate(Ear(), "hello", 1)

    def cancelled(self) -> bool:
        return self.alive.waking


def meddle_with_a_night(born: Callable[[], AbstractContextManager[Lifeform]], changes: list[Any]) -> None:
    with born() as life:
        before = copy_of_trained(life.composed)
        woken = life.sleep(Meddler(life, changes))
        assert not life.sleeping and not life.config.get("is_sleeping")
        if "Woken early" in woken or "bad night" in woken:
            assert all(torch.equal(before[name], tensor) for name, tensor in copy_of_trained(life.composed).items())
        check_sound(life)


@so_many(4)
@given(changes=CHANGES)
def test_in_the_middle_of_a_night(born: Callable[[], AbstractContextManager[Lifeform]], changes: list[Any]) -> None:
    meddle_with_a_night(born, changes)


@pytest.mark.slow
@so_many(60)
@given(changes=CHANGES)
def test_in_the_middle_of_many_nights(born: Callable[[], AbstractContextManager[Lifeform]], changes: list[Any]) -> None:
    meddle_with_a_night(born, changes)


@so_many(10)
@given(changes=CHANGES)
def test_in_the_middle_of_a_training(born: Callable[[], AbstractContextManager[Lifeform]], changes: list[Any]) -> None:
    with born() as life:
        meddler = Meddler(life, changes)
        try:
            train(life, meddler, Wanted())
            assert life.lifecycle.exposure > 0 and "Training complete." in meddler.said
        except LearningFailed:
            assert not life.composed.learned
        check_sound(life)


@so_many(12)
@given(changes=CHANGES)
def test_in_the_middle_of_an_answer_and_a_reset_after_it(
    born: Callable[[], AbstractContextManager[Lifeform]], changes: list[Any]
) -> None:
    class Meddling(Ear):
        def emit(self, event: Event) -> None:
            super().emit(event)
            if isinstance(event, TextChunk) and waiting:
                change(life, *waiting.pop(0))

    with born() as life:
        waiting = list(changes)
        began = life.config.controls_config.max_new_tokens
        assert life.generate(Meddling(), "hello there").stats.tokens <= began
        while waiting:
            change(life, *waiting.pop(0))
            life.generate(Ear(), "and now?", 1)
        check_sound(life)
        composition = life.composed
        try:
            life.reset(lambda *_: None)
        except WeightsError:
            assert life.composed is composition
        else:
            assert not life.composed.learned and life.lifecycle.exposure == 0.0
        check_sound(life)


def test_a_night_goes_on_as_it_began(born: Callable[[], AbstractContextManager[Lifeform]]) -> None:
    harmless = ("core_config.valid_split_ratio", 0.5)
    meddling = [(spec(key).dotted, value) for key, value in (("sleep_time_factor", 5.0), ("gate_threshold", 0.9))]
    left = []
    for changes in ([harmless, harmless], meddling):
        with born() as life:
            life.sleep(Meddler(life, changes))
            left.append(copy_of_trained(life.composed))
    assert all(torch.equal(tensor, left[1][name]) for name, tensor in left[0].items())
