"""Out whole, in with every line that can be understood, and nothing lost on the way."""

import io
import json
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.memory import jsonl
from engine.memory.journal import MOST_PROBLEMS, Journal, JournalError

any_text = st.text(st.characters(exclude_categories=()))
finite = st.floats(allow_nan=False, allow_infinity=False)
json_value = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
interactions = st.fixed_dictionaries(
    {
        "conversation_id": any_text.filter(str.strip),
        "prompt": any_text.filter(str.strip),
        "response": any_text,
        "command": st.sampled_from(["chat", "generate", "flare"]),
        "timestamp": finite,
        "confidence_score": st.none() | st.floats(0, 1),
        "temperament": st.none() | finite,
        "mood": st.none() | st.sampled_from(["calm", "restless"]),
        "weight": st.none() | finite,
        "recognition": st.none() | finite,
        "stop_reason": st.none() | st.just("end"),
        "tokens": st.none() | st.integers(0, 10**6),
        "is_system_question": st.booleans(),
        "trainable": st.booleans(),
        "slept_at": st.none() | finite,
        "rating": st.none() | st.sampled_from([-1, 1]),
        "extra": st.dictionaries(st.text(), json_value, max_size=3),
    }
)


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "journal.sqlite3") as opened:
        yield opened


def lines(tmp_path, *rows):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows))
    return file


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(interactions, max_size=5))
def test_what_goes_out_comes_in_again(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("round")
    with Journal.open(folder / "a.sqlite3") as first, Journal.open(folder / "b.sqlite3") as second:
        for number, row in enumerate(rows):
            first.record(**row | {"conversation_id": f"{number} {row['conversation_id']}"})
        assert first.export_jsonl(folder / "out.jsonl") == len(rows)
        report = second.import_jsonl(folder / "out.jsonl")
        assert (report.added, report.duplicates, report.malformed) == (len(rows), 0, 0)
        assert [replace(one, id=0) for one in second] == [replace(one, id=0) for one in first]
        assert second.import_jsonl(folder / "out.jsonl").duplicates == len(rows)
        assert second.count() == len(rows)


def test_the_original_form_is_read(journal, tmp_path):
    original = {
        "prompt": "Hello",
        "response": "Hi",
        "timestamp": 1744381801.5,
        "conversation_id": "1234-5678",
        "confidence_score": 0.72,
        "is_system_question": False,
        "is_echo": True,
    }
    assert journal.import_jsonl(lines(tmp_path, original)).added == 1
    one = journal.last(1)[0]
    assert (one.prompt, one.response, one.timestamp, one.conversation_id) == ("Hello", "Hi", 1744381801.5, "1234-5678")
    assert (one.confidence_score, one.command, one.extra) == (0.72, "chat", {"is_echo": True})
    assert not one.trainable


@pytest.mark.parametrize(
    ("row", "trainable"),
    [({}, True), ({"is_system_question": True}, False), ({"command": "flare"}, False), ({"trainable": True}, True)],
)
def test_only_what_the_user_said_is_learnt_from(journal, tmp_path, row, trainable):
    journal.import_jsonl(lines(tmp_path, {"prompt": "p", "response": "r"} | row))
    assert journal.last(1)[0].trainable is trainable


def test_a_prompt_and_a_response_are_enough_and_known_the_second_time(journal, tmp_path):
    file = lines(tmp_path, {"prompt": "p", "response": "r"})
    assert journal.import_jsonl(file).added == 1
    assert journal.import_jsonl(file).duplicates == 1
    journal.export_jsonl(tmp_path / "out.jsonl")
    assert journal.import_jsonl(tmp_path / "out.jsonl").duplicates == 1
    assert journal.count() == 1


def test_dates_may_be_iso(journal, tmp_path):
    rows = [
        {"prompt": str(n), "response": "", "timestamp": when}
        for n, when in enumerate(["2025-04-11T14:30:01Z", "2025-04-11 14:30:01", 1744381801])
    ]
    assert journal.import_jsonl(lines(tmp_path, *rows)).added == 3
    assert [one.timestamp for one in journal.last(3)] == [
        1744381801.0,
        datetime(2025, 4, 11, 14, 30, 1).timestamp(),
        1744381801.0,
    ]


def test_malformed_lines_are_told_and_the_rest_is_kept(journal, tmp_path):
    good = {"prompt": "good", "response": "kept"}
    file = lines(
        tmp_path,
        b"\xef\xbb\xbf" + json.dumps(good).encode(),
        b"",
        b"{broken",
        b"\xff\xfe",
        [1, 2],
        {"response": "no prompt"},
        {"prompt": 5, "response": "r"},
        {"prompt": "   ", "response": "r"},
        {"prompt": "p", "response": "r", "confidence_score": 1.5},
        {"prompt": "p", "response": "r", "confidence_score": True},
        b'{"prompt": "p", "response": "r", "weight": NaN}',
        b'{"prompt": "p", "response": "r", "timestamp": 1e999}',
        {"prompt": "p", "response": "r", "timestamp": "yesterday"},
        {"prompt": "p", "response": "r", "tokens": 2**80},
        {"prompt": "p", "response": "r", "trainable": "maybe"},
        {"prompt": "p", "response": "r", "extra": [1]},
        b"[" * 100_000,
        b'{"prompt": "p", "response": "r", "timestamp": ' + b"9" * 5000 + b"}",
        {"prompt": "last", "response": "kept"},
    )
    report = journal.import_jsonl(file)
    assert (report.added, report.malformed) == (2, 16)
    assert [number for number, _ in report.problems] == list(range(3, 19))
    reasons = dict(report.problems)
    assert reasons[3].startswith("not JSON") and reasons[4] == "not UTF-8" and reasons[6] == "has no `prompt`"
    assert all("\n" not in reason for reason in reasons.values())
    assert [one.prompt for one in journal.last(9)] == ["good", "last"]


def test_a_line_without_end_is_not_read_into_memory(journal, tmp_path, monkeypatch):
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 64)
    file = lines(tmp_path, b"x" * 1000, {"prompt": "p", "response": "r"})
    report = journal.import_jsonl(file)
    assert (report.added, report.malformed, [number for number, _ in report.problems]) == (1, 1, [1])


def test_problems_are_counted_all_and_kept_few(journal, tmp_path):
    report = journal.import_jsonl(lines(tmp_path, *[b"broken"] * (MOST_PROBLEMS + 50)))
    assert (report.malformed, len(report.problems)) == (MOST_PROBLEMS + 50, MOST_PROBLEMS)


def test_an_import_that_is_ended_adds_nothing(journal, tmp_path):
    class Enough(Exception):
        pass

    def progress(done, total):
        assert 0 < done <= total
        raise Enough

    file = lines(tmp_path, *({"prompt": str(n), "response": ""} for n in range(1000)))
    with pytest.raises(Enough):
        journal.import_jsonl(file, progress)
    assert journal.count() == 0
    assert journal.import_jsonl(file).added == 1000


@pytest.mark.parametrize("name", ["missing.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_one_line(journal, tmp_path, name):
    with pytest.raises(JournalError) as caught:
        journal.import_jsonl(tmp_path / name)
    assert "cannot be read" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing/out.jsonl", ".", "a\0b", "journal.sqlite3"])
def test_a_file_that_cannot_be_written_is_one_line_and_harms_nothing(journal, tmp_path, name):
    journal.record(conversation_id="c", prompt="p", response="r")
    with pytest.raises(JournalError) as caught:
        journal.export_jsonl(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert journal.count() == 1
    assert not list(tmp_path.glob(".export-*"))


def test_export_to_a_stream(journal):
    journal.record(conversation_id="c", prompt="p\n", response="r", timestamp=1.5)
    stream = io.StringIO()
    assert journal.export_jsonl(stream) == 1
    assert json.loads(stream.getvalue())["prompt"] == "p\n"
    assert stream.getvalue().count("\n") == 1
