"""The journal keeps what it acknowledged, finds it again, and says clearly what is wrong with a bad file."""

import json
import math
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.memory.journal import Journal, JournalError, JournalEvent, move_aside
from engine.memory.record import storable

any_text = st.text(st.characters(exclude_categories=()))
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

NASTY = [
    'it\'s "quoted" -- ; DROP TABLE interactions',
    "nul \0 inside",
    "emoji 👩‍👩‍👧 and 日本語",
    "NEAR(a, b) AND NOT * ^ : ( ) { }",
    "\x1b[31m control \r\n",
    "x" * 1_000_000,
]


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "journal.sqlite3") as opened:
        yield opened


def say(journal, prompt, response="yes", **more):
    return journal.record(conversation_id=more.pop("conversation_id", "c"), prompt=prompt, response=response, **more)


def test_everything_about_an_interaction_comes_back(journal):
    everything = {
        "conversation_id": "c-1",
        "timestamp": 1744381801.25,
        "command": "generate",
        "prompt": "Hello",
        "response": "Hi there!",
        "confidence_score": 0.75,
        "temperament": 0.5,
        "mood": "calm",
        "weight": 0.8,
        "recognition": 0.25,
        "stop_reason": "end",
        "tokens": 7,
        "is_system_question": True,
        "trainable": False,
        "slept_at": 1744390000.0,
        "rating": 1,
        "extra": {"then": [1, {"now": None}]},
    }
    found = journal.get(journal.record(**everything))
    assert {name: getattr(found, name) for name in everything} == everything


@pytest.mark.parametrize("text", NASTY, ids=lambda text: text[:12])
def test_any_text_is_kept_as_it_is(journal, text):
    found = journal.get(say(journal, text, text, conversation_id=text[:50]))
    assert (found.prompt, found.response, found.conversation_id) == (text, text, text[:50])


def test_lone_surrogates_become_replacement_characters(journal):
    assert journal.get(say(journal, "a\ud800b", "\udc00")).prompt == "a\ufffdb"


def test_numbers_that_are_none_are_kept_as_none(journal):
    assert journal.get(say(journal, "x", confidence_score=math.nan)).confidence_score is None


def test_last_is_oldest_first(journal):
    for n in range(5):
        say(journal, str(n))
    assert [one.prompt for one in journal.last(3)] == ["2", "3", "4"]
    assert journal.last(0) == journal.last(-1) == []
    assert len(journal.last(10**30)) == 5


def test_entries_mix_events_by_time(journal):
    say(journal, "first", timestamp=1.0)
    journal.event("sleep", {"learned": 3}, timestamp=2.0)
    say(journal, "second", timestamp=3.0)
    middle = journal.last_entries(2)[0]
    assert isinstance(middle, JournalEvent) and (middle.kind, middle.data) == ("sleep", {"learned": 3})
    assert [entry.timestamp for entry in journal.last_entries(9)] == [1.0, 2.0, 3.0]
    assert journal.last_entries(0) == []


def test_a_conversation_by_itself(journal):
    say(journal, "a1", conversation_id="a")
    say(journal, "b1", conversation_id="b")
    say(journal, "a2", conversation_id="a")
    assert [one.prompt for one in journal.conversation("a")] == ["a1", "a2"]
    assert [one.prompt for one in journal.conversation("a", 1)] == ["a2"]
    assert journal.conversation("nobody") == []


def test_unslept_counts_what_sleep_may_learn(journal):
    assert journal.unslept() == (0, None)
    one = say(journal, "one", confidence_score=0.5)
    say(journal, "two", confidence_score=0.7)
    say(journal, "three")
    say(journal, "play", trainable=False, confidence_score=0.0)
    assert journal.unslept() == (3, pytest.approx(0.6))
    assert journal.mark_slept([one, 999], when=12.5) == 1
    assert journal.unslept() == (2, pytest.approx(0.7))
    assert journal.get(one).slept_at == 12.5
    assert journal.count() == 4


def test_rating_and_training_can_change(journal):
    one = say(journal, "one")
    journal.rate(one, -1)
    journal.set_trainable(one, False)
    assert (journal.get(one).rating, journal.get(one).trainable) == (-1, False)
    with pytest.raises(JournalError, match="no interaction 999"):
        journal.rate(999, 1)
    assert journal.get(999) is None and journal.get(10**30) is None


def test_search_prefers_all_words_then_any_then_letters(journal):
    say(journal, "The cat sat on the mat")
    say(journal, "A dog barked", "at the mailman")
    say(journal, "東京は大きい", "そうです 🎉")
    assert [one.prompt for one in journal.search("mat cat")] == ["The cat sat on the mat"]
    assert len(journal.search("cat mailman")) == 2
    assert [one.response for one in journal.search("🎉")] == ["そうです 🎉"]
    assert [one.prompt for one in journal.search("京は")] == ["東京は大きい"]
    assert journal.search("giraffe") == journal.search("  ") == journal.search("cat", 0) == []


def test_search_ignores_case_and_accents(journal):
    say(journal, "Où est le Café?")
    assert journal.search("CAFE") and journal.search("ou")


@quick
@given(said=any_text, asked=any_text)
def test_search_never_fails(journal, said, asked):
    say(journal, said, asked)
    journal.search(asked)
    if storable(said).strip():
        assert journal.search(said)


@quick
@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.floats(0, 1)), max_size=12))
def test_counts_agree_with_what_was_recorded(tmp_path_factory, rows):
    with Journal.open(tmp_path_factory.mktemp("counts") / "journal.sqlite3") as journal:
        for trainable, slept, confidence in rows:
            say(journal, "x", trainable=trainable, slept_at=1.0 if slept else None, confidence_score=confidence)
        open_rows = [confidence for trainable, slept, confidence in rows if trainable and not slept]
        known = [confidence for confidence in open_rows if confidence is not None]
        count, mean = journal.unslept()
        assert (journal.count(), count) == (len(rows), len(open_rows))
        assert mean == (pytest.approx(sum(known) / len(known)) if known else None)


def test_a_reader_sees_what_the_writer_acknowledged(journal):
    say(journal, "first")
    with Journal.open(journal.path, read_only=True) as reader:
        assert reader.count() == 1
        say(journal, "second")
        assert [one.prompt for one in reader.search("second")] == ["second"]
        with pytest.raises(JournalError, match="read-only"):
            say(reader, "third")


def test_reading_a_journal_at_rest_leaves_no_trace(tmp_path):
    path = tmp_path / "journal.sqlite3"
    with Journal.open(path) as journal:
        say(journal, "kept")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with Journal.open(path, read_only=True) as reader:
        assert reader.count() == 1
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_journal_not_yet_begun_reads_as_empty(tmp_path):
    with Journal.open(tmp_path / "none.sqlite3", read_only=True) as reader:
        assert (reader.count(), reader.last(5), reader.search("x")) == (0, [], [])
    assert list(tmp_path.iterdir()) == []


def test_half_a_transaction_is_none(journal):
    with pytest.raises(RuntimeError), journal.transaction():
        journal._connection.execute("UPDATE interactions SET prompt = 'x'")
        raise RuntimeError
    assert say(journal, "goes on") == 1


def foreign(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")


def truncated(path):
    with Journal.open(path) as journal:
        for n in range(200):
            say(journal, f"number {n} " * 50)
    path.write_bytes(path.read_bytes()[:5000])


def newer(path):
    with Journal.open(path) as journal:
        journal._connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"this is no database at all " * 100),
        lambda path: path.write_bytes(b"\0" * 4096),
        lambda path: path.mkdir(),
        foreign,
        truncated,
        newer,
    ],
    ids=["text", "zeros", "folder", "foreign", "truncated", "newer"],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_bad_file_is_refused_and_kept(tmp_path, spoil, read_only):
    path = tmp_path / "journal.sqlite3"
    spoil(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(JournalError) as caught:
        Journal.open(path, read_only=read_only)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_bad_file_can_be_moved_aside(tmp_path):
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(b"broken" * 1000)
    aside = move_aside(path)
    assert aside.read_bytes() == b"broken" * 1000 and not path.exists()
    with Journal.open(path) as journal:
        assert journal.count() == 0


_WRITE_FOR_EVER = """
import sys
from engine.memory.journal import Journal
with Journal.open(sys.argv[1]) as journal:
    while True:
        print(journal.record(conversation_id="c", prompt="p" * 500, response="r"), flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    path = tmp_path / "journal.sqlite3"
    writer = subprocess.Popen([sys.executable, "-c", _WRITE_FOR_EVER, str(path)], stdout=subprocess.PIPE, text=True)
    for _ in range(200):
        acknowledged = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest, _ = writer.communicate()
    acknowledged = max([acknowledged, *map(int, rest.split("\n")[:-1])])
    with Journal.open(path) as journal:
        assert journal.count() >= acknowledged
        assert journal.get(acknowledged).prompt == "p" * 500
        assert journal._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_extra_takes_what_json_cannot(journal):
    assert json.loads(json.dumps(journal.get(say(journal, "x", extra={"where": journal.path})).extra)) == {
        "where": str(journal.path)
    }
