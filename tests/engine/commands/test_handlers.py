"""What each command does to a lifeform, and what it prints, in the form of the specification.

The lifeform is a real one that is not awake yet: it has settings, a mind and a journal; only its voice is a stand-in.
"""

import json

import pytest

from engine.api import AnswerStats, Output, Progress, TextChunk
from engine.commands import Call, Refused, parse
from engine.config import Config, ConfigError
from engine.home import Home
from engine.lifeform import Lifeform
from engine.voice import Answer

STATS = AnswerStats(3, 0.5, 0.1, 6.0, 10, 0, 0.72, 0.0, None, "end")


class Speaking(Lifeform):
    """A lifeform whose answer is known beforehand."""

    def generate(self, listener, text, max_new_tokens=None, temperature=None):
        self.asked = (text, max_new_tokens)
        listener.emit(TextChunk(listener.id, "I am fine."))
        return Answer("I am fine.", STATS)


@pytest.fixture
def home(tmp_path):
    with Home(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def life(home):
    alive = Speaking(home, Config())
    yield alive
    alive.journal.close()


class Ran:
    """What one line did."""

    def __init__(self, life, line, cancelled=False):
        intent = parse(line)
        assert intent.kind == "command", intent
        self.events = []
        self.call = Call(7, intent.args, self.events.append, lambda: cancelled)
        self.answer = intent.spec.handler(life, self.call)
        assert all(event.id == 7 for event in self.events)

    @property
    def text(self):
        return "\n".join(event.text for event in self.events if isinstance(event, Output))


def run(life, line):
    return Ran(life, line).text


def refused(life, line):
    before = (life.config.dump(), life.journal.count(), life.pinned_weight, life.conversation.id)
    with pytest.raises((Refused, ConfigError)) as caught:
        Ran(life, line)
    assert (life.config.dump(), life.journal.count(), life.pinned_weight, life.conversation.id) == before
    assert "\n" not in str(caught.value)
    return str(caught.value)


def say(life, prompt, response="Hi there!", **more):
    more.setdefault("conversation_id", life.conversation.id)
    return life.journal.record(prompt=prompt, response=response, **more)


# -- speech ------------------------------------------------------------------------------------------------------------


def test_generate_frames_the_streamed_answer(life):
    ran = Ran(life, 'generate "Hello, how are you?" 40')
    assert ran.events == [
        Output(7, "--- Generating Response ---"),
        TextChunk(7, "I am fine."),
        Output(7, "--------------------"),
    ]
    assert life.asked == ("Hello, how are you?", 40)
    assert ran.answer == Answer("I am fine.", STATS)


def test_generate_leaves_the_budget_to_the_settings(life):
    Ran(life, "generate Hello")
    assert life.asked == ("Hello", None)


def test_generate_needs_room_for_an_answer(life):
    assert "from 1, not 0" in refused(life, "generate count down to 0")
    assert not hasattr(life, "asked")


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_has_the_form_of_the_specification(life):
    assert run(life, "status").splitlines() == [
        "--- System Status ---",
        f"Conversation ID: {life.conversation.id}",
        f"Temperament: {life.temperament.score:.2f}",
        "Confidence: N/A",
        "Memory: On",
        "Data Exposure: 0.0",
        "Last Trained: Never",
        "Gestating: No",
    ]


def test_status_shows_real_values(life):
    life.confidence.record(0.724)
    life.last_trained = 0.0
    run(life, "memory off")
    lines = run(life, "status").splitlines()
    assert lines[3:5] == ["Confidence: 0.72", "Memory: Off"]
    assert lines[6].startswith("Last Trained: 19")
    run(life, "memory token on")
    assert "Memory: Token Map only" in run(life, "status")
    run(life, "memory scaffold on")
    run(life, "memory token off")
    assert "Memory: Scaffold only" in run(life, "status")


# -- the journal -------------------------------------------------------------------------------------------------------


def test_log_view_has_the_form_of_the_specification(life):
    assert run(life, "log view") == "--- Last 5 Log Entries ---\nNo entries yet."
    for n in range(7):
        say(life, f"Hello {n}\nover two lines and more than thirty characters", timestamp=1744381801.0 + n)
    life.journal.event("sleep", {}, timestamp=1744381900.0)
    lines = run(life, "log view 3").splitlines()
    assert lines[0] == "--- Last 3 Log Entries ---"
    assert len(lines) == 4
    assert lines[1].startswith("Time: 2025-04-1") and lines[1].endswith(
        ", Prompt: Hello 5 over two lines and mor..., Response: Hi there!..."
    )
    assert lines[3].endswith(", Event: sleep")
    assert len(run(life, "log view").splitlines()) == 6


@pytest.mark.parametrize("line", ["log view 0", "log view -1", "log view 999999", "history 0"])
def test_how_many_has_limits(life, line):
    assert "from 1 to 10000" in refused(life, line)


def test_history_is_of_this_conversation(life):
    assert run(life, "history") == "Nothing was said in this conversation yet."
    say(life, "elsewhere", conversation_id="other")
    number = say(life, "What is rain?", "Water.")
    assert run(life, "history").startswith(f"#{number} ")
    assert run(life, "history").endswith("You: What is rain?\n    SOVL: Water.")
    say(life, "x" * 5000)
    assert len(run(life, "history 1")) < 600


def test_recall_searches_all_conversations(life):
    say(life, "My sister's birthday is in May", conversation_id="long ago")
    assert "birthday is in May" in run(life, "recall sister birthday")
    assert run(life, 'recall "giraffe AND (*"') == "The journal holds nothing about: giraffe AND (*"


def test_an_interaction_is_kept_from_learning_and_given_back(life):
    number = say(life, "My cat is called Mia.")
    assert run(life, f"trainable {number} off") == f"Will not be learned: #{number} My cat is called Mia."
    assert life.journal.unslept()[0] == 0
    assert run(life, f"trainable {number} on") == f"May be learned: #{number} My cat is called Mia."
    assert life.journal.unslept()[0] == 1
    with life.journal.transaction():
        memory = life.journal.memories.keep("cat name", number, "My cat is called Mia.")
    assert f"forget {memory.id} unlearns that" in run(life, f"trainable {number} off")
    assert "no interaction #99" in refused(life, "trainable 99 off")
    life.read_only = True
    assert "read-only" in refused(life, f"trainable {number} on")


def test_export_and_import(life, tmp_path):
    say(life, "one")
    say(life, "two")
    file = tmp_path / "out.jsonl"
    assert run(life, f'export "{file}"') == f"Exported 2 interactions to {file}"
    assert [json.loads(line)["prompt"] for line in file.read_text().splitlines()] == ["one", "two"]
    with file.open("a") as more:
        more.write('{"prompt": "three", "response": "new"}\n' + "broken\n" * 9)
    lines = run(life, f'import "{file}"').splitlines()
    assert lines[0] == f"Imported 1 interaction from {file}: 2 known already, 9 malformed lines"
    assert lines[1] == "  line 4: not JSON: Expecting value"
    assert len(lines) == 7 and lines[-1] == "  and 4 more"


def test_export_replaces_nothing_unasked(life, tmp_path):
    file = tmp_path / "mine.jsonl"
    file.write_text("precious")
    assert "--force" in refused(life, f"export {file}")
    assert file.read_text() == "precious"
    run(life, f"export {file} --force")
    assert file.read_text() == ""


def test_files_that_will_not_are_refused(life, tmp_path):
    assert "cannot be read" in refused(life, f"import {tmp_path}/missing.jsonl")
    assert "cannot be written" in refused(life, f"export {tmp_path}/missing/out.jsonl")
    assert "the journal itself" in refused(life, f"export {life.home.journal_path} --force")
    assert "cannot be read" in refused(life, "import ~nobody-of-that-name/x.jsonl")


def test_a_long_import_tells_its_progress_and_can_be_stopped(life, tmp_path):
    file = tmp_path / "long.jsonl"
    file.write_text("".join(json.dumps({"prompt": str(n), "response": ""}) + "\n" for n in range(600)))
    stopped = Ran(life, f"import {file}", cancelled=True)
    assert stopped.text == "Import stopped; nothing was added."
    assert life.journal.count() == 0
    ran = Ran(life, f"import {file}")
    assert life.journal.count() == 600
    assert [event for event in ran.events if isinstance(event, Progress)]


# -- settings ----------------------------------------------------------------------------------------------------------


def test_config_gets_a_value(life):
    life.config.set("base_model_name", "gpt2")
    assert run(life, "config base_model_name") == "Config base_model_name: gpt2"
    assert run(life, "config core_config.base_model_name") == "Config base_model_name: gpt2"
    assert run(life, "config enable_dreaming") == "Config enable_dreaming: true"
    assert run(life, "config cross_attn_layers") == "Config cross_attn_layers: null"


def test_config_sets_a_value_and_says_when_it_acts(life):
    assert run(life, "config base_temperature 0.9") == "Config base_temperature: 0.9 (was 0.7)"
    assert life.config.get("base_temperature") == 0.9
    assert run(life, "config cross_attn_layers [5, 7]").endswith("[5, 7] (was null), takes effect after reset")
    assert run(life, "config reset base_temperature") == "Config base_temperature: 0.7 (was 0.9)"


def test_config_lists_sections_and_their_keys(life):
    assert "Config controls_config: " in run(life, "config")
    lines = run(life, "config lora_config").splitlines()
    assert any(line.startswith("Config lora_config.lora_rank: ") for line in lines)


def test_config_search_looks_into_names_and_help(life):
    found = run(life, "config search SLEEP_CONF")
    assert found.startswith("Config controls_config.sleep_conf_threshold: 0.5\n    ")
    assert "No setting speaks of 'giraffe'" in refused(life, "config search giraffe")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("config sleep_log_mim", "sleep_log_min"),
        ("config sleep_log_mim 5", "sleep_log_min"),
        ("config sleep_log_min many", "sleep_log_min"),
        ("config sleep_log_min 999999", "out of range"),
        ('config sleep_log_min ""', "sleep_log_min"),
        ("config reset nothing_like_it", "no key"),
        ("config controls_config 5", "section"),
    ],
)
def test_config_refuses_what_is_wrong(life, line, says):
    assert says in refused(life, line)


def test_config_save_writes_the_homes_file(life):
    run(life, "config base_temperature 0.9")
    assert run(life, "config save") == f"Config saved to {life.home.config_path}"
    saved = json.loads(life.home.config_path.read_text())
    assert saved["controls_config"]["base_temperature"] == 0.9


# -- influence and memory ----------------------------------------------------------------------------------------------


def test_tune_cross_pins_shows_and_unpins(life):
    assert run(life, "tune cross 0.8") == "Scaffold influence: weight=0.80, blend_strength=unchanged"
    assert life.pinned_weight == 0.8
    assert run(life, "tune cross") == "Scaffold influence: weight=0.80 (pinned), blend_strength=0.50"
    assert run(life, "tune cross auto").endswith("(auto), blend_strength=unchanged")
    assert life.pinned_weight is None


def test_tune_cross_clips_and_says_so(life):
    life.config.set("scaffold_weight_cap", 0.9)
    assert run(life, "tune cross 3").splitlines() == [
        "Scaffold influence: weight=0.90, blend_strength=unchanged",
        "3 is above scaffold_weight_cap, so the weight is 0.9.",
    ]
    assert life.pinned_weight == 0.9


def test_tune_cross_says_when_something_else_changes_the_weight(life):
    life.config.set("dynamic_cross_attn_mode", "confidence")
    life.confidence.record(0.3)
    assert run(life, "tune cross 0.5").splitlines()[1:] == [
        "dynamic_cross_attn_mode makes it act as 0.30 at the moment."
    ]


@pytest.mark.parametrize("line", ["tune cross -0.1", "tune cross blend -1", "tune cross blend 1.01"])
def test_influence_has_limits(life, line):
    assert "from 0 to" in refused(life, line)


def test_blend(life):
    assert run(life, "tune cross blend 0.7") == "Scaffold influence: weight=unchanged, blend_strength=0.70"
    assert life.config.get("blend_strength") == 0.7
    assert run(life, "tune cross blend") == "Scaffold influence: weight=unchanged, blend_strength=0.70"


def test_memory_has_the_form_of_the_specification(life):
    assert run(life, "memory off") == "Memory toggled: Scaffold=False, Token Map=False"
    assert run(life, "memory scaffold on") == "Memory toggled: Scaffold=True, Token Map=False"
    assert run(life, "memory") == "Memory: Scaffold=True, Token Map=False"
    assert run(life, "memory token on") == "Memory toggled: Scaffold=True, Token Map=True"
    assert run(life, "memory on") == "Memory toggled: Scaffold=True, Token Map=True"


# -- conversation, help, end -------------------------------------------------------------------------------------------


def test_new_names_both_conversations(life):
    before = life.conversation.id
    text = run(life, "new")
    assert life.conversation.id != before
    assert text == f"New conversation: {life.conversation.id} (Previous: {before})"


def test_help(life):
    lines = run(life, "help").splitlines()
    assert any(line.startswith("tune cross [weight|auto]") for line in lines)
    assert "--- Speech ---" in lines and "--- Control ---" in lines
    assert "Also: exit" in run(life, "help exit")
    assert "did you mean 'status'" in refused(life, "/help statsu")


def test_quit_saves_says_goodbye_and_ends(life, monkeypatch):
    saved = []
    monkeypatch.setattr(life, "composition", object())
    monkeypatch.setattr(life, "save", lambda name=None: saved.append(name))
    ran = Ran(life, "quit")
    assert ran.text == "Cleanup completed.\nExiting."
    assert ran.call.quit and saved == [None]


def test_quit_works_before_anything_is_loaded(life):
    assert Ran(life, "exit").call.quit


# -- read-only ---------------------------------------------------------------------------------------------------------


def test_a_read_only_home_stays_as_it_is(home, tmp_path):
    with Lifeform(home, Config()).journal as journal:
        journal.record(conversation_id="c", prompt="kept", response="")
    home.release()
    file = tmp_path / "in.jsonl"
    file.write_text('{"prompt": "p", "response": "r"}\n')
    before = {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()}
    life = Speaking(Home(home.path).open(read_only=True), Config())
    assert "read-only" in refused(life, f"import {file}")
    assert "read-only" in refused(life, "config save")
    assert "kept" in run(life, "log view")
    run(life, "tune cross 0.5")
    assert Ran(life, "quit").call.quit
    life.journal.close()
    assert {path: path.read_bytes() for path in home.path.rglob("*") if path.is_file()} == before
