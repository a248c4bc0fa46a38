"""Reading beside the writer: keys newest first, every condition, what is new, lines, and what goes out."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.memory.journal import Journal, JournalError
from engine.memory.query import Query, QueryError, read_query, read_time, with_condition
from engine.memory.reader import Edge, JournalReader, key_of
from engine.memory.record import Interaction, JournalEvent

NOON = datetime(2026, 11, 24, 12).timestamp()
DAY = 86_400.0


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "journal.sqlite3") as opened:
        yield opened


@pytest.fixture
def reader(journal):
    with JournalReader(journal.path) as opened:
        yield opened


def say(journal, prompt, when, response="yes", **more):
    more = {"conversation_id": "c-1", "mood": "calm"} | more
    return key_of(journal.record(prompt=prompt, response=response, timestamp=when, **more), False)


def found(reader, line):
    return [key for batch in reader.keys(read_query(line, now=NOON)) for key in batch]


@pytest.fixture
def five(journal):
    """Keys of a short life, oldest first."""
    cat = say(journal, "My cat is called Mia.", NOON - 3 * DAY, slept_at=NOON - 2 * DAY)
    slept = key_of(journal.event("sleep", {"learned": 1, "headline": "One thing more."}, NOON - 2 * DAY), True)
    ask = say(journal, "What is a cat?", NOON - DAY, "", is_system_question=True, mood="curious", command="spark")
    play = say(journal, "Cats!", NOON - 100, command="debate", trainable=False, conversation_id="c-2")
    last = say(journal, "Good night 🙂", NOON, conversation_id="d")
    return cat, slept, ask, play, last


@pytest.mark.parametrize(
    ("line", "which"),
    [
        ("", [4, 3, 2, 1, 0]),
        ("cat", [3, 2, 0]),
        ("cat ", [2, 0]),
        ("ca", [3, 2, 0]),
        ("ca ", []),
        ("MIA called", [0]),
        ("learned", [1]),
        ("🙂", [4]),
        ("kind:event", [1]),
        ("kind:debate", [3]),
        ("kind:question", [2]),
        ("kind:chat", [4, 0]),
        ("mood:curious", [2]),
        ("mood:calm cat", [3, 0]),
        ("is:learned", [0]),
        ("is:waiting", [4, 2]),
        ("is:excluded", [3]),
        ("in:c-1", [2, 0]),
        ("in:c", [3, 2, 0]),
        ("from:yesterday", [4, 3, 2]),
        ("to:2026-11-22", [1, 0]),
        ("from:2026-11-22 to:2026-11-23", [2, 1]),
        ("from:1h", [4, 3]),
        ("kind: mood:", [4, 3, 2, 1, 0]),
        ("'; DROP TABLE interactions", []),
    ],
)
def test_each_condition_finds_what_it_says(reader, five, line, which):
    assert found(reader, line) == [five[place] for place in which]


@pytest.mark.parametrize("line", ["is:happy", "from:never", "to:2026-13-40", "from:0000-00-00"])
def test_what_means_nothing_is_refused_in_one_line(line):
    with pytest.raises(QueryError) as refused:
        read_query(line, now=NOON)
    assert "\n" not in str(refused.value) and str(refused.value).endswith((".", "h."))


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-24", datetime(2026, 11, 24)),
        ("2026-11-24 10:30", datetime(2026, 11, 24, 10, 30)),
        ("2026-11-24T10:30", datetime(2026, 11, 24, 10, 30)),
        ("today", datetime(2026, 11, 24)),
        ("Yesterday", datetime(2026, 11, 23)),
        ("3h", datetime(2026, 11, 24, 9)),
        ("2d ago", datetime(2026, 11, 22, 12)),
    ],
)
def test_times_as_people_write_them(text, when):
    assert read_time(text, now=NOON) == when.timestamp()


def test_a_condition_is_set_changed_and_taken_out():
    line = with_condition("my cat", "mood", "calm")
    assert line == "my cat mood:calm"
    assert with_condition(line, "mood", "curious") == "my cat mood:curious"
    assert with_condition(line, "mood", "") == "my cat"


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=())))
def test_no_line_breaks_anything(reader, five, line):
    try:
        keys = found(reader, line)
    except QueryError:
        return
    assert set(keys) <= set(five)


def test_the_first_batch_is_small_and_nothing_is_lost_between_batches(journal, reader, monkeypatch):
    monkeypatch.setattr("engine.memory.reader.FIRST_BATCH", 3)
    monkeypatch.setattr("engine.memory.reader.BATCH", 4)
    keys = [say(journal, f"say {number}", NOON + number) for number in range(10)]
    batches = [list(batch) for batch in reader.keys(Query())]
    assert [len(batch) for batch in batches] == [3, 4, 3]
    assert [key for batch in batches for key in batch] == keys[::-1]


def test_entries_of_the_same_moment_keep_their_order(journal, reader):
    keys = [say(journal, f"{word}", NOON, command=command) for word, command in (("a", "muse"), ("b", "chat"))]
    assert found(reader, "") == keys[::-1]


def test_what_is_written_later_is_seen(journal, reader, five):
    before = reader.edge()
    assert before == Edge(4, 1, NOON)
    new = say(journal, "Good morning.", NOON + DAY)
    assert reader.edge() == Edge(5, 1, NOON + DAY)
    assert found(reader, "")[0] == new


def test_a_journal_begun_later_is_seen(tmp_path):
    with JournalReader(tmp_path / "j.sqlite3") as reader:
        assert found(reader, "") == [] and reader.edge() == Edge()
        assert not list(tmp_path.iterdir())
        with Journal.open(tmp_path / "j.sqlite3") as journal:
            key = say(journal, "hello", NOON)
            assert found(reader, "") == [key]


def test_a_journal_at_rest_is_read_and_what_a_writer_adds_later_is_seen(tmp_path):
    with Journal.open(tmp_path / "j.sqlite3") as journal:
        first = say(journal, "hello", NOON)
    assert not (tmp_path / "j.sqlite3-wal").exists()
    with JournalReader(tmp_path / "j.sqlite3") as reader:
        assert found(reader, "") == [first]
        with Journal.open(tmp_path / "j.sqlite3") as journal:
            second = say(journal, "again", NOON + 1)
            assert found(reader, "") == [second, first]


@pytest.mark.parametrize(
    ("line", "new"), [("", [0, 1, 2]), ("cat", [1]), ("kind:event", [2]), ("is:excluded", []), ("🙂", [0])]
)
def test_what_was_written_since(journal, reader, five, line, new):
    edge = reader.edge()
    query = read_query(line, now=NOON)
    assert reader.newer(query, edge) == []
    more = [say(journal, "Hello 🙂", NOON + 1), say(journal, "another cat", NOON + 2)]
    more.append(key_of(journal.event("sleep", {}, NOON + 3), True))
    assert reader.newer(query, edge) == [more[place] for place in new]


def test_what_came_in_late_is_searched_anew(journal, reader, five):
    edge = reader.edge()
    say(journal, "from another life", NOON - 9 * DAY)
    assert reader.newer(Query(), edge) is None


def test_a_read_only_home_is_left_as_it_is(tmp_path):
    with Journal.open(tmp_path / "j.sqlite3") as journal:
        key = say(journal, "hello", NOON)
    before = sorted(tmp_path.iterdir())
    with JournalReader(tmp_path / "j.sqlite3", read_only=True) as reader:
        assert found(reader, "") == [key]
        assert sorted(tmp_path.iterdir()) == before


def test_a_broken_journal_is_said(tmp_path):
    (tmp_path / "j.sqlite3").write_text("this is no database at all, and long enough to look like one" * 20)
    with pytest.raises(JournalError, match="not a readable journal"):
        JournalReader(tmp_path / "j.sqlite3")


def test_lines_are_short_and_say_what_a_list_shows(journal, reader, five):
    long = say(journal, "x" * 1_000_000, NOON + 1, rating=1, confidence_score=0.5)
    lines = {line.key: line for line in reader.lines([*five, long, key_of(99, False), key_of(99, True)])}
    assert set(lines) == {*five, long}
    assert len(lines[long].prompt) == 600 and lines[long].rating == 1 and lines[long].confidence == 0.5
    assert [lines[key].state for key in five] == ["learned", "", "waiting", "excluded", "waiting"]
    night = lines[five[1]]
    assert night.is_event and night.kind == "sleep" and night.prompt == "One thing more. · learned 1"
    assert lines[five[2]].own and not lines[five[0]].own


def test_an_entry_has_everything(journal, reader, five):
    said, night = reader.entry(five[0]), reader.entry(five[1])
    assert isinstance(said, Interaction) and said.prompt == "My cat is called Mia."
    assert isinstance(night, JournalEvent) and night.data["learned"] == 1
    assert reader.entry(key_of(99, False)) is None and reader.entry(key_of(99, True)) is None


def test_the_first_entry_since_a_moment(reader, five):
    for place, moment in enumerate((NOON - 3 * DAY, NOON - 2 * DAY, NOON - DAY, NOON - 100, NOON)):
        assert reader.first_since(five, moment) == place
        assert reader.first_since(five, moment + 1) == place + 1


def test_memories_of_an_interaction(journal, reader, five):
    with journal.transaction():
        kept = journal.memories.keep("cat name", five[0] // 2, "My cat is called Mia.")
    assert reader.memories_of(five[0] // 2) == [kept]
    assert reader.memories_of(five[2] // 2) == []


def test_what_one_can_choose_from(reader, five):
    assert reader.choices() == (["chat", "debate", "spark"], ["calm", "curious"])


def test_what_is_chosen_goes_out_and_comes_back(journal, reader, five, tmp_path):
    file = tmp_path / "some.jsonl"
    assert reader.export_jsonl([five[0], five[1], five[4]], file) == 2
    assert [json.loads(line)["prompt"] for line in file.read_text().splitlines()] == [
        "My cat is called Mia.",
        "Good night 🙂",
    ]
    with Journal.open(tmp_path / "other.sqlite3") as other:
        assert other.import_jsonl(file).added == 2
    with pytest.raises(JournalError, match="is the journal itself"):
        reader.export_jsonl(five, journal.path)
    with pytest.raises(JournalError, match="cannot be written"):
        reader.export_jsonl(five, tmp_path / "no" / "folder")
    assert len(found(reader, "")) == 5


def test_an_older_journal_gets_its_indexes(journal, tmp_path):
    journal._connection.executescript(
        "DROP INDEX interactions_by_time; DROP INDEX events_by_time; PRAGMA user_version = 2;"
    )
    key = say(journal, "hello", NOON)
    journal.close()
    with Journal.open(journal.path), JournalReader(journal.path) as reader:
        assert found(reader, "") == [key]
        plan = reader._all("EXPLAIN QUERY PLAN SELECT timestamp, id FROM interactions ORDER BY timestamp DESC, id DESC")
        assert "COVERING INDEX interactions_by_time" in str(plan)
