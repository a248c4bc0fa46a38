"""Chat or command: the right way for each line, and no line that breaks anything."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.commands import COMMANDS, complete, find, hint, parse, quoted
from engine.commands.words import split

any_text = st.text(st.characters(exclude_categories=()))
command_words = st.sampled_from(sorted({word for one in COMMANDS for word in one.name.split()} | {"auto", "on", "5"}))
pieces = st.sampled_from(
    ["/", "\\", '"', "'", "“", "”", " ", "\n", "--", "--force", "--max-tokens", "=", "[", "0.5", "-1"]
)
lines = st.lists(command_words | pieces | any_text, max_size=8).map(" ".join) | any_text


def command(line):
    intent = parse(line)
    assert intent.kind == "command", (line, intent)
    return intent.spec.name, {name: value for name, value in intent.args.items() if value not in (None, False)}


@pytest.mark.parametrize(
    ("line", "name", "args"),
    [
        ("status", "status", {}),
        ("  Status \n", "status", {}),
        ("/status", "status", {}),
        ("/ status", "status", {}),
        ("exit", "quit", {}),
        ("log view", "log view", {}),
        ("LOG   View 12", "log view", {"n": 12}),
        ("config", "config", {}),
        ("config base_model_name", "config", {"key": "base_model_name"}),
        ("config controls_config", "config", {"key": "controls_config"}),
        ("config core_config.random_seed 7", "config", {"key": "core_config.random_seed", "value": "7"}),
        ("config cross_attn_layers [5, 7]", "config", {"key": "cross_attn_layers", "value": "[5, 7]"}),
        ("config cross_attn_layers 5, 7", "config", {"key": "cross_attn_layers", "value": "5, 7"}),
        ('config system_prompt "Be kind."', "config", {"key": "system_prompt", "value": "Be kind."}),
        ("/config system_prompt Be -- kind.", "config", {"key": "system_prompt", "value": "Be -- kind."}),
        ("config sleep_log_mim", "config", {"key": "sleep_log_mim"}),
        ("config save", "config save", {}),
        ("config reset base_temperature", "config reset", {"key": "base_temperature"}),
        ("config search dream", "config search", {"word": "dream"}),
        ("tune cross", "tune cross", {}),
        ("tune cross 0.8", "tune cross", {"weight": 0.8}),
        ("tune cross .8e0", "tune cross", {"weight": 0.8}),
        ("tune cross AUTO", "tune cross", {"weight": "auto"}),
        ("tune cross blend 1", "tune cross blend", {"strength": 1.0}),
        ("memory", "memory", {}),
        ("memory ON", "memory", {"state": "on"}),
        ("memory scaffold off", "memory scaffold", {"state": "off"}),
        ("memory token", "memory token", {}),
        ("new", "new", {}),
        ("history 3", "history", {"n": 3}),
        ("recall my sister's birthday", "recall", {"text": "my sister's birthday"}),
        ('recall "two  blanks"', "recall", {"text": "two  blanks"}),
        ("export mine.jsonl", "export", {"file": "mine.jsonl"}),
        ("export --force ./mine", "export", {"file": "./mine", "force": True}),
        ('export "my taxes"', "export", {"file": "my taxes"}),
        ("/export taxes", "export", {"file": "taxes"}),
        ("/export -- --force", "export", {"file": "--force"}),
        ("import ~/mine.jsonl", "import", {"file": "~/mine.jsonl"}),
        ("save", "save", {}),
        ("save my_model", "save", {"path": "my_model"}),
        ("/save backup", "save", {"path": "backup"}),
        ("load ./states/mine", "load", {"path": "./states/mine"}),
        ("panic", "panic", {}),
        ("rate up", "rate", {"thumb": "up"}),
        ("rate down 12", "rate", {"thumb": "down", "id": 12}),
        ("spark", "spark", {}),
        ("spark --ask", "spark", {"ask": True}),
        ("reflect", "reflect", {}),
        ("muse", "muse", {}),
        ("rewind", "rewind", {}),
        ("rewind 2", "rewind", {"steps": 2}),
        ("flare", "flare", {}),
        ('flare "This is too calm!"', "flare", {"text": "This is too calm!"}),
        ("flare\nThis is too calm!", "flare", {"text": "This is too calm!"}),
        ("/flare this is too calm", "flare", {"text": "this is too calm"}),
        ('echo "The sky is blue"', "echo", {"text": "The sky is blue"}),
        ("echo “The sky is blue”", "echo", {"text": "The sky is blue"}),
        ("/echo chambers are bad", "echo", {"text": "chambers are bad"}),
        ('debate "AI will replace artists"', "debate", {"topic": "AI will replace artists"}),
        ('debate "AI will replace artists" 3', "debate", {"topic": "AI will replace artists", "rounds": 3}),
        ('debate --rounds 3 "the year 2000"', "debate", {"topic": "the year 2000", "rounds": 3}),
        ("/debate homework for all 1", "debate", {"topic": "homework for all", "rounds": 1}),
        ('glitch "H3ll0 W0rld! こんにちは 123###"', "glitch", {"prompt": "H3ll0 W0rld! こんにちは 123###"}),
        ('mimic shakespeare "Explain AI"', "mimic", {"style": "shakespeare", "prompt": "Explain AI"}),
        ("/mimic pirate Explain AI", "mimic", {"style": "pirate", "prompt": "Explain AI"}),
        ('mimic "film noir" "Explain AI"', "mimic", {"style": "film noir", "prompt": "Explain AI"}),
        ("help", "help", {}),
        ("help tune cross", "help", {"command": "tune cross"}),
        ("/help nonsense", "help", {"command": "nonsense"}),
    ],
)
def test_commands(line, name, args):
    assert command(line) == (name, args)


@pytest.mark.parametrize(
    ("line", "prompt", "budget"),
    [
        ("generate Hello, how are you?", "Hello, how are you?", None),
        ("generate Hello", "Hello", None),
        ("generate 42", "42", None),
        ("generate Hello 20", "Hello", 20),
        ("generate Tell me more 20", "Tell me more", 20),
        ('generate "Tell me more" 20', "Tell me more", 20),
        ('generate "what is 2 + 2"', "what is 2 + 2", None),
        ("generate 'what is 2 + 2' 9", "what is 2 + 2", 9),
        ("generate “what is 2 + 2”", "what is 2 + 2", None),
        ("generate what is 2 + 2 --max-tokens 9", "what is 2 + 2", 9),
        ("generate --max-tokens 9 what is 2 + 2", "what is 2 + 2", 9),
        ("generate --max-tokens=9 what is 2 + 2", "what is 2 + 2", 9),
        ("generate what does git commit --amend do", "what does git commit --amend do", None),
        ("generate -- --max-tokens 9", "--max-tokens", 9),
        ("generate the year 12345678901", "the year 12345678901", None),
        ("generate it's 5 o'clock, isn't it", "it's 5 o'clock, isn't it", None),
        (r'generate "say \"hi\" twice" 5', 'say "hi" twice', 5),
        ('generate say "in 5"', 'say "in 5"', None),
        ('generate say "5"', 'say "5"', None),
        ("generate a poem\nwith two  lines", "a poem\nwith two  lines", None),
        ("/generate a poem\nwith two lines 7", "a poem\nwith two lines", 7),
    ],
)
def test_the_budget_of_generate(line, prompt, budget):
    expected = {"prompt": prompt} | ({"max_tokens": budget} if budget else {})
    assert command(line) == ("generate", expected)


EVERYDAY = """
    wake me at 7
    wake up
    sleep tight!
    sleep is important
    forget 3 things I said
    rate this movie
    rate up the hill
    evaluate my essay
    evaluate essay.txt for me
    debate club was fun
    mimic a bird
    save file.txt for me
    export it to a file.txt please
    panic now
    reset password
    history 3 times a week
    recalls are annoying
    save me a seat
    save money now
    status quo is fine
    status of my order?
    status?
    config files confuse me
    config
     is short for configuration
    configure my router
    config save me from this
    config search is slow today
    config reset did not help
    config what is that
    log view is broken
    log views per day
    log cabins are cosy
    log
    history of Rome
    history repeats itself
    history 5 is my favourite class
    new york is big
    new shoes hurt
    new?
    quit smoking
    quit it!
    exit strategies matter
    exit 5 comes after exit 4
    memory foam is soft
    memory on my laptop is full
    memory off and on again
    memory scaffold what
    memory token of love
    tune
    tune cross fire
    tune cross 0.8 please
    tune cross blend of teas
    tune the piano
    tuna cross
    help me
    help me write a poem
    help yourself
    help!
    help status quo
    export taxes
    export taxes.
    export goods are cheap
    import duties hurt
    import wine?
    import numpy as np
    train stations fascinate me
    dream big
    reset my router how?
    panic attacks are awful
    echo chambers are bad
    load the dishwasher
    load up the car
    load average is 3.5 today
    save it for later
    save yourself!
    save 5 euros
    spark plugs wear out
    spark joy
    reflect on this
    muse about clouds
    rewind the tape
    rewind 2 minutes please
    flare up
    flare is a word
    echo is a nymph
    echo hello
    debate club meets today
    debate is healthy
    debate: cats or dogs?
    glitch in the matrix
    glitch again...
    mimic me
    mimic shakespeare for me
    mimic octopuses are clever
    panic!
    panic in the streets
    rate my essay
    rate up or down?
    rate down please
    reset the clock
    reset?
    dream of me
    dream on
    sleep well
    sleep 8 hours
    wake me up at 7
    wake up!
    evaluate this argument
    evaluate 3 + 4
    forget it
    forget about 3 of them
    memories of summer
    train 5 dogs
    generation gaps are real
    recalls are expensive
    statuses
    what is the status
    please quit
    hello
    -1
    --help
    "status"
    'quit'
    it's
""".strip("\n").split("\n")


@pytest.mark.parametrize("line", [line.strip() for line in EVERYDAY if line.strip() not in ("config",)])
def test_everyday_sentences_are_said(line):
    intent = parse(line)
    assert (intent.kind, intent.text, intent.spec) == ("chat", line, None)


@pytest.mark.parametrize("line", ["generate more power, Scotty", "recall that summer in Rome?"])
def test_commands_that_take_any_words_take_any_words(line):
    assert parse(line).kind == "command"


def test_there_are_sixty_everyday_sentences_that_begin_with_a_commands_word():
    words = {one.name.split()[0] for one in COMMANDS}
    begun = [line for line in map(str.strip, EVERYDAY) if line.split()[0].rstrip("?!.,:").casefold() in words]
    assert len({line for line in begun if len(line.split()) > 1}) >= 60


DESTRUCTIVE = {
    "reset": r"reset",
    "panic": r"panic",
    "quit": r"quit|exit",
    "load": r"load( (\S*[/\\._~]\S*|([\"'“]).*[\"'”]))?",
    "save": r"save( (\S*[/\\._~]\S*|([\"'“]).*[\"'”]))?",
    "import": r"import (\S*[/\\._~]\S*|([\"'“]).*[\"'”])",
    "forget": r"forget [+-]?[0-9]+",
    "sleep": r"sleep",
    "sleep pause": r"sleep pause",
    "sleep resume": r"sleep resume",
    "wake": r"wake",
    "new": r"new",
    "config reset": r"config reset \S+",
    "config save": r"config save",
}
"""Commands that change or end something for good, and the only lines without a slash that give them."""
PLAIN = st.sampled_from(
    ["me", "a", "the", "please", "now", "up", "on", "it", "this", "my", "of", "and", "to", "5", "2.5", "you", "house",
     "seat?", "today!", "everything", "smooth,", "'til", "don't"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted({word for one in COMMANDS for word in (one.name, *one.aliases)})),
    st.lists(PLAIN | command_words | any_text, max_size=5),
)
def test_ordinary_chat_never_becomes_a_destructive_command(name, words):
    line = " ".join((name, *words))
    intent = parse(line)
    if intent.kind == "command" and intent.spec.name in DESTRUCTIVE:
        said = " ".join(line.split())
        assert re.fullmatch(DESTRUCTIVE[intent.spec.name], said, re.IGNORECASE), said


def test_a_backslash_says_it():
    assert parse("\\quit").text == "quit"
    assert parse("\\/help").text == "/help"
    assert parse("\\\\n").text == "\\n"
    assert parse("\\").text == "\\"


def test_nothing_is_nothing():
    assert parse("").kind == parse(" \n\t ").kind == "empty"


def test_several_lines_are_chat_without_a_slash():
    assert parse("status\nquo").kind == "chat"
    assert parse("recall this\nand that").kind == "chat"
    assert command("/recall this\nand that") == ("recall", {"text": "this\nand that"})


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/statsu", "did you mean /status?"),
        ("/qit", "did you mean /quit?"),
        ("/tune corss 5", "/tune cross"),
        ("/log", "/log view"),
        ("/tune", "/tune cross"),
        ("/zzzzzz", "/help lists them all"),
        ("//", "/help"),
        ("/", "/help"),
        ("/status now", "'now' is too much. Usage: status"),
        ("/log view five", "'five' is not a whole number. Usage: log view [n]"),
        ("/log view 99999999999999999999", "too large"),
        ("/log view 5 6", "'6' is too much"),
        ("/tune cross loud", "'loud' is not a number or 'auto'. Usage: tune cross [weight|auto]"),
        ("/tune cross nan", "not a number"),
        ("/tune cross 1e999", "not a number"),
        ("/memory maybe", "'maybe' is not one of on, off. Usage: memory [on|off]"),
        ("/generate", "needs <prompt>. Usage: generate <prompt> [max_tokens]"),
        ('/generate ""', "needs <prompt>"),
        ('/generate "  "', "needs <prompt>"),
        ("/generate --loud hello", "There is no --loud"),
        ("/generate --max-token 5 hello", "did you mean --max-tokens?"),
        ("/generate --max-tokens many hello", "'many' is not a whole number"),
        ("/generate --max-tokens", "needs a value"),
        ('/generate "hello" 5 --max-tokens 6', "given twice"),
        ("/mimic", "needs <style>. Usage: mimic <style> <prompt>"),
        ("/mimic pirate", "needs <prompt>"),
        ("/echo", "needs <text>. Usage: echo <text>"),
        ("echo", "Usage: echo <text>"),
        ("/debate", "needs <topic>"),
        ("/glitch ''", "needs <prompt>"),
        ("/rewind two", "'two' is not a whole number"),
        ("/rate", "needs <up|down>"),
        ("/rate sideways", "'sideways' is not one of up, down"),
        ("/panic now", "'now' is too much"),
        ("/save a b", "'b' is too much"),
        ("/spark --aks", "did you mean --ask?"),
        ("/export", "needs <file>. Usage: export <file> [--force]"),
        ("/export a b", "'b' is too much"),
        ("/export a --force=yes", "takes no value"),
        ("/config reset", "needs <key>"),
        ("/theme", "theme is a setting: /config theme shows it, /config theme VALUE changes it."),
        ("/Theme sovl-light", "theme is a setting"),
        ("generate", "Usage: generate"),
        ("recall", "Usage: recall <text>"),
        ("config reset", "Usage: config reset <key>"),
    ],
)
def test_what_does_not_fit_gets_one_line(line, says):
    intent = parse(line)
    assert intent.kind == "error"
    assert says in intent.message and "\n" not in intent.message


@pytest.mark.parametrize("junk", ["x" * 10_000, "ñandú", "日本語", "👩‍👩‍👧", "\x1b[31m", "\0", "\ud800", "a\nb"])
@pytest.mark.parametrize("name", [one.name for one in COMMANDS if all(arg.kind != "rest" for arg in one.arguments)])
def test_odd_arguments_are_refused_briefly_or_left_to_the_handler(name, junk):
    intent = parse(f"/{name} {junk} {junk}")
    assert intent.kind in ("error", "command")
    assert len(intent.message) < 300 and "\n" not in intent.message


@settings(max_examples=400, deadline=None)
@given(lines)
def test_no_line_breaks_anything(line):
    intent = parse(line)
    assert intent.kind in ("chat", "command", "error", "empty")
    assert (intent.kind == "empty") == (not line.strip())
    assert (intent.spec is None) or intent.kind in ("command", "error")
    assert "\n" not in intent.message and bool(intent.message) == (intent.kind == "error")
    assert bool(hint(line)) == bool(line.strip())
    assert "\n" not in hint(line)
    for one in complete(line):
        assert one.text != line.lstrip() and "\n" not in one.summary


@given(any_text.filter(lambda text: text.strip() and text.strip()[0] not in "/\\"))
def test_text_that_begins_with_no_command_is_said_as_it_is(text):
    if find(text.split()[0]) is None and not any(one.name.startswith(text.split()[0].casefold()) for one in COMMANDS):
        assert parse(text) == parse("\\" + text.strip())


@given(any_text)
def test_words_lose_nothing_but_blanks_and_quotes(text):
    words = split(text)
    ends = [0, *(word.end for word in words)]
    for before, word in zip(ends, words, strict=False):
        assert text[before : word.start].strip() == ""
        if not word.quoted:
            assert text[word.start : word.end] == word.text
    assert text[ends[-1] :].strip() == ""


@given(any_text)
def test_what_is_quoted_comes_back_as_one_word(text):
    (word,) = split(quoted(text))
    assert (word.text, word.quoted) == (text, True)
    assert parse(f"/config system_prompt {quoted(text)}").args == {"key": "system_prompt", "value": text}


def test_words_take_linear_time_on_backslashes():
    text = '"a' + "\\" * 100_000
    assert len(split(text)) == 1


def test_words_take_linear_time_on_quotes_that_never_close():
    text = ' "a' * 50_000
    assert len(split(text)) == 50_000
    assert parse("generate" + text).kind == "command"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", ""),
        ("hello", "Enter says it"),
        ("status", "Enter runs status"),
        ("status quo", "the command would be status"),
        ("echo chambers are bad", "the command would be echo <text>"),
        ("/sta", "Commands: states, status"),
        ("/log view x", "not a whole number"),
        ("\\quit", "Enter says it"),
    ],
)
def test_the_hint_says_what_enter_does(line, says):
    assert says in hint(line)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("/st", ["/states", "/status"]),
        ("st", ["states", "status"]),
        ("/tune cross ", ["/tune cross blend", "/tune cross auto"]),
        ("/memory s", ["/memory scaffold"]),
        ("/memory scaffold o", ["/memory scaffold on", "/memory scaffold off"]),
        ("config base_mod", ["config base_model_name"]),
        ("/config enable_dreaming f", ["/config enable_dreaming false"]),
        ("/config layer_selection_mode e", ["/config layer_selection_mode early"]),
        ("/config core_config.base", ["/config core_config.base_model_name"]),
        ("/help tune cross b", ["/help tune cross blend"]),
        ("/export --", ["/export --force"]),
        ("/ex", ["/export", "/export adapters", "/exit"]),
        ("/mimic p", ["/mimic pirate"]),
        ("/rate d", ["/rate down"]),
        ("/status ", []),
        ("/config nonsense ", []),
        ("hello ", []),
        ("", []),
    ],
)
def test_completions(line, offered):
    assert [one.text for one in complete(line)] == offered


def test_a_slash_alone_offers_everything_once():
    assert [one.text for one in complete("/")] == [f"/{one.name}" for one in COMMANDS]


@pytest.mark.parametrize("line", ["/", "/c", "/config ", "/config temp", "/help ", "/memory "])
def test_every_completion_goes_on_from_what_was_typed(line):
    assert complete(line)
    for one in complete(line):
        assert one.summary and one.text.startswith(line[:2])
