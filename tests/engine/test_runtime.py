"""The engine on its thread, with a tiny real model."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from driving import PATIENCE, running, tiny_config

from engine import Home
from engine.api import (
    Closed,
    EngineFailed,
    EngineState,
    Notice,
    Outcome,
    Output,
    Progress,
    Started,
    StateChanged,
    TextChunk,
    as_json,
)
from engine.lifeform import Lifeform
from engine.memory.journal import Journal


@pytest.fixture
def config(tiny_folders: dict[str, Path]) -> Any:
    return tiny_config(tiny_folders["llama"])


def states(driver: Any) -> list[EngineState]:
    return [event.state for event in driver.of(StateChanged)]


def test_a_life_in_one_go(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        number = driver.engine.submit("hello, my cat is called Zorblax")
        assert number == 1
        done = driver.wait(number)
        assert done.outcome is Outcome.OK and done.stats is not None
        assert done.text == driver.streamed(number) != ""
        assert done.stats.tokens == sum(
            e.tokens for e in driver.events if getattr(e, "id", 0) == number and hasattr(e, "tokens")
        )
        assert 0 < done.stats.confidence < 1 and done.stats.weight == 0 and done.stats.recognition is None
        assert Started(number, "chat") in driver.events
        snapshot = driver.engine.outbox.latest
        assert (snapshot.state, snapshot.interactions, snapshot.unslept) == (EngineState.AWAKE, 1, 1)
        assert snapshot.confidence == done.stats.confidence and snapshot.confidence_trace == (snapshot.confidence,)
        assert snapshot.form == "key-value" and snapshot.bridged_layers == (2, 3, 4, 5)
        again = driver.say("tell me about the river")
        assert again.stats.cached_tokens >= done.stats.prompt_tokens
    seen = states(driver)
    order = [EngineState.IMPORTING, EngineState.LOADING, EngineState.AWAKE, EngineState.SPEAKING, EngineState.AWAKE]
    assert [s for s in seen if s in order][:1] == order[:1]
    positions = [seen.index(s) for s in (EngineState.IMPORTING, EngineState.LOADING, EngineState.AWAKE)]
    assert positions == sorted(positions)
    assert seen[-2:] == [EngineState.STOPPING, EngineState.CLOSED]
    assert isinstance(driver.events[-1], Closed)
    assert any(p.total == 1.0 for p in driver.of(Progress))
    with Journal.open(home / "journal.sqlite3") as journal:
        records = journal.last(5)
    assert {r.prompt for r in records} == {"hello, my cat is called Zorblax", "tell me about the river"}
    assert {r.response for r in records} == {done.text, again.text}
    assert len({r.conversation_id for r in records}) == 1 and all(r.trainable for r in records)


def test_snapshots_only_ever_move_on(home: Path, config: Any) -> None:
    versions: list[int] = []
    with running(home, config) as driver:
        driver.until(lambda: versions.append(driver.engine.outbox.latest.version) or len(versions) > 50)
        driver.say("hello")
        versions.append(driver.engine.outbox.latest.version)
    assert versions == sorted(versions)


def test_stop_keeps_the_partial_answer_and_says_so(home: Path, config: Any) -> None:
    config.set("max_new_tokens", 4000)
    config.set("enable_repetition_check", False)
    config.set("base_temperature", 1.5)
    config.set("context_length", 10_000)
    with running(home, config) as driver:
        with driver.paced(TextChunk) as step:
            number = driver.engine.submit("tell me about the sea")
            step(3)
            driver.engine.stop()
        done = driver.wait(number)
        assert done.outcome is Outcome.STOPPED and done.stats.stop_reason == "stopped"
        assert done.text == driver.streamed(number) != ""
        assert driver.engine.outbox.latest.state is EngineState.AWAKE
        assert driver.say("status").outcome is Outcome.OK
    with Journal.open(home / "journal.sqlite3") as journal:
        assert journal.last(1)[0].response == done.text


def test_a_waiting_line_can_be_stopped(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        with driver.paced(TextChunk) as step:
            first = driver.engine.submit("hello")
            step()
            second = driver.engine.submit("good night")
            driver.engine.stop(second)
        assert driver.wait(first).outcome is Outcome.OK
        assert driver.wait(second).outcome is Outcome.STOPPED
    with Journal.open(home / "journal.sqlite3") as journal:
        assert journal.count() == 1


def test_stop_with_nothing_to_stop_is_harmless(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.engine.stop()
        driver.engine.stop(99)
        assert driver.say("hello").outcome is Outcome.OK


def test_an_error_inside_a_job_is_told_and_survived(home: Path, config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(home, config) as driver:
        assert driver.say("hello").outcome is Outcome.OK
        with monkeypatch.context() as patch:
            patch.setattr(Lifeform, "chat", lambda *_: 1 / 0)
            broken = driver.say("good morning")
        assert broken.outcome is Outcome.FAILED and "division by zero" in broken.message
        assert "\n" not in broken.message
        assert driver.engine.outbox.latest.state is EngineState.AWAKE
        assert driver.say("good morning").outcome is Outcome.OK


def test_bad_input_is_refused_in_one_line_and_changes_nothing(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        before = driver.engine.outbox.latest
        for line in ("/nosuchcommand", "/config base_temperature 9", "/tune cross loud", "x " * 100_000):
            done = driver.say(line)
            assert done.outcome is Outcome.REFUSED, line[:40]
            assert done.message and "\n" not in done.message
        after = driver.engine.outbox.latest
        assert (after.interactions, after.temperament, after.weight) == (
            before.interactions,
            before.temperament,
            before.weight,
        )


def test_quit_saves_says_so_and_ends_the_thread(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        number = driver.engine.submit("quit")
        driver.wait(number)
        assert driver.engine.join(PATIENCE)
        text = [e.text for e in driver.of(Output) if e.id == number]
        assert "\n".join(text) == "Cleanup completed.\nExiting."
    assert (home / "state" / "state_meta.json").exists()


def test_shutdown_while_speaking_ends_soon(home: Path, config: Any) -> None:
    config.set("max_new_tokens", 4000)
    config.set("enable_repetition_check", False)
    with running(home, config) as driver, driver.paced(TextChunk) as step:
        number = driver.engine.submit("tell me about the sea")
        step()
        driver.engine.shutdown()
    assert driver.wait(number).outcome is Outcome.STOPPED


def test_no_thread_is_left(home: Path, config: Any) -> None:
    before = set(threading.enumerate())
    with running(home, config):
        pass
    assert set(threading.enumerate()) <= before


def test_what_cannot_be_loaded_is_told_and_can_be_tried_again(
    home: Path, config: Any, tiny_folders: dict[str, Path]
) -> None:
    config.set("base_model_name", str(home / "no-model"))
    with running(home, config) as driver:
        driver.until(lambda: bool(driver.of(EngineFailed)), "for the failure")
        failure = driver.of(EngineFailed)[0]
        assert "no-model" in failure.message and "\n" not in failure.message
        assert Path(failure.report).read_text().startswith("Traceback")
        assert driver.engine.outbox.latest.state is EngineState.FAILED
        refused = driver.say("hello")
        assert refused.outcome is Outcome.REFUSED and failure.message in refused.message
        assert driver.say("/help").outcome is Outcome.OK
        assert driver.say(f'/config base_model_name "{tiny_folders["llama"]}"').outcome is Outcome.OK
        driver.engine.restart()
        assert driver.say("hello").outcome is Outcome.OK
        assert driver.engine.outbox.latest.state is EngineState.AWAKE


def test_layers_that_do_not_fit_name_the_count(home: Path, config: Any) -> None:
    config.set("cross_attn_layers", [3, 17])
    with running(home, config) as driver:
        driver.until(lambda: bool(driver.of(EngineFailed)), "for the failure")
        assert "layer 17" in driver.of(EngineFailed)[0].message and "6 layers" in driver.of(EngineFailed)[0].message


def test_mapped_lora_modules_are_told(home: Path, tiny_folders: dict[str, Path]) -> None:
    with running(home, tiny_config(tiny_folders["gpt2"])) as driver:
        assert driver.say("hello").outcome is Outcome.OK
        warnings = [n.text for n in driver.of(Notice) if n.level == "warning"]
        assert len(warnings) == 1 and "q_proj → c_attn" in warnings[0]


def test_mind_and_token_memory_go_on_after_a_restart(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        driver.say("/tune cross 0.4")
        before = driver.engine.outbox.latest
    with running(home, config) as driver:
        driver.until(lambda: driver.engine.outbox.latest.state is EngineState.AWAKE)
        after = driver.engine.outbox.latest
    for name in ("temperament", "mood", "confidence_trace", "exposure", "weight", "weight_pinned", "interactions"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.conversation_id != before.conversation_id


def test_a_damaged_state_is_moved_aside_not_overwritten(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")
    meta = home / "state" / "state_meta.json"
    meta.write_text(meta.read_text()[:100])
    damaged = meta.read_text()
    with running(home, config) as driver:
        assert driver.say("hello").outcome is Outcome.OK
        warning = driver.of(Notice)[0].text
        assert "damaged" in warning and "aside" in warning
    assert [p.read_text() for p in (home / "state").glob("*aside*/state_meta.json")] == [damaged]


def test_a_state_of_another_model_is_kept_for_it(home: Path, config: Any, tiny_folders: dict[str, Path]) -> None:
    with running(home, config) as driver:
        driver.say("hello")
    with running(home, tiny_config(tiny_folders["qwen2"])) as driver:
        driver.say("hello")
        assert "belongs to another base model" in driver.of(Notice)[0].text
    assert list((home / "state").glob("*aside*/state_meta.json"))


def test_read_only_looks_and_leaves_no_trace(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("hello")

    def contents() -> dict[str, bytes]:
        return {
            str(p): p.read_bytes() for p in home.rglob("*") if p.is_file() and not p.name.endswith(("-shm", "-wal"))
        }

    before = contents()
    with running(home, config, read_only=True) as driver:
        assert driver.say("good morning").outcome is Outcome.OK
        assert driver.engine.outbox.latest.read_only and driver.engine.outbox.latest.interactions == 1
    assert contents() == before


def test_memory_off_keeps_the_record_and_spares_it_from_training(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        driver.say("memory off")
        driver.say("my secret is 42")
        assert driver.engine.outbox.latest.unslept == 0
        driver.say("memory on")
        driver.say("my cat is called Zorblax")
        assert driver.engine.outbox.latest.unslept == 1
    with Journal.open(home / "journal.sqlite3") as journal:
        assert {r.prompt: r.trainable for r in journal.last(9)} == {
            "my secret is 42": False,
            "my cat is called Zorblax": True,
        }


def test_a_conversation_is_remembered_until_a_new_one(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        first = driver.say("hello")
        second = driver.say("hello")
        assert second.stats.prompt_tokens > first.stats.prompt_tokens
        driver.say("new")
        third = driver.say("hello")
        assert third.stats.prompt_tokens == first.stats.prompt_tokens


def test_a_long_conversation_drops_its_oldest_turns(home: Path, config: Any) -> None:
    config.set("context_length", 128)
    with running(home, config) as driver:
        sizes = [driver.say("tell me about the river that flows").stats.prompt_tokens for _ in range(8)]
    assert max(sizes) <= 128 - 12 and sizes[-1] < sum(sizes[:1]) * 8


def test_generate_stands_outside_the_conversation(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        alone = driver.say("generate hello there 5")
        driver.say("my cat is called Zorblax")
        again = driver.say("generate hello there 5")
        assert alone.stats.prompt_tokens == again.stats.prompt_tokens
        assert alone.stats.tokens <= 5


def test_the_same_seed_lives_the_same_life(tmp_path: Path, config: Any) -> None:
    texts = []
    for name in ("one", "other"):
        with running(tmp_path / name, config) as driver:
            texts.append([driver.say(line).text for line in ("hello", "tell me about the sea")])
    assert texts[0] == texts[1]


def test_confidence_tracking_off_means_not_computed(home: Path, config: Any) -> None:
    config.set("enable_confidence_tracking", False)
    with running(home, config) as driver:
        assert driver.say("hello").stats.confidence is None
        assert driver.engine.outbox.latest.confidence is None
    with Journal.open(home / "journal.sqlite3") as journal:
        assert journal.last(1)[0].confidence_score is None


def test_every_event_is_json(home: Path, config: Any) -> None:
    import json

    with running(home, config) as driver:
        driver.say("hello")
    for event in driver.events:
        line = json.loads(json.dumps(as_json(event)))
        assert line["event"] == line["event"].lower()


def test_two_engines_cannot_share_a_home(home: Path, config: Any) -> None:
    from engine import HomeInUse

    with running(home, config), pytest.raises(HomeInUse):
        Home(home).open()


def test_reset_takes_new_settings_and_survives_bad_ones(home: Path, config: Any, tiny_folders: dict[str, Path]) -> None:
    with running(home, config) as driver:
        driver.say("hello")
        driver.say("/config use_dynamic_layers on")
        assert driver.engine.outbox.latest.bridged_layers == (2, 3, 4, 5)
        assert driver.say("/reset").outcome is Outcome.OK
        assert driver.engine.outbox.latest.bridged_layers == (2, 3)
        assert driver.engine.outbox.latest.confidence_trace == ()
        before = driver.engine.outbox.latest
        driver.say(f"/config base_model_name {home / 'nothing-here'}")
        refused = driver.say("/reset")
        assert refused.outcome is Outcome.REFUSED and "nothing-here" in refused.message
        after = driver.engine.outbox.latest
        assert (after.bridged_layers, after.conversation_id) == (before.bridged_layers, before.conversation_id)
        assert driver.say("hello").outcome is Outcome.OK


def test_greedy_generation_ignores_chance(home: Path, config: Any) -> None:
    with running(home, config) as driver:
        texts = {driver.say('generate "tell me about the sea" 8 --temperature 0').text for _ in range(3)}
    assert len(texts) == 1


def test_config_save_writes_the_file_that_was_given(tmp_path: Path, config: Any) -> None:
    from engine import Engine, load_config

    home = Home(tmp_path / "life").open()
    mine = tmp_path / "mine.json"
    engine = Engine(home, config, mine)
    engine.start()
    engine.submit("/config base_temperature 0.9")
    engine.submit("/config save")
    engine.submit("quit")
    assert engine.join(PATIENCE)
    home.release()
    assert load_config(mine)[0].get("base_temperature") == 0.9
