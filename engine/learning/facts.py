"""From a chat message to the facts in it, and to the reasons why the rest is none.

Everything in a fact is the user's own words: who it is about, what it says, and the sentence itself, with nothing
changed but the person when it is said back. So a fact cannot be invented here, only overlooked; what is overlooked is
listed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.learning import in_passing, screening
from engine.learning.circumstances import circumstance
from engine.learning.clauses import bare, has_verb, read_clause, split_clauses
from engine.learning.likely import by_words, has_unit
from engine.learning.mentioned import Mentioned
from engine.learning.pairing import paired
from engine.learning.person import second_person
from engine.learning.phrasing import lower_first
from engine.learning.recast import recast
from engine.learning.relations import relations
from engine.learning.sentences import sentences, tidy
from engine.learning.statement import Statement
from engine.learning.statements import state
from engine.learning.word_lists import TITLES

LONGEST_MESSAGE = 4000
"""Characters. A longer message is pasted text, not something told."""
MOST_FACTS = 40
"""Facts taken from one message."""
_FEWEST_CERTAIN = 4
"""Words of a part of a sentence that can stand for itself."""
_LONG = 12
"""Words of a sentence that is cut to the point."""
_JUDGING = frozenset({"is_a", "is_so", "loose"})
"""Relations that may say what one thinks of somebody, beside what is told of him."""
_SOON = 1
"""Words that may stand before what a sentence is about, for it to begin with that."""

_AUXILIARIES = frozenset(
    {"is", "are", "am", "was", "were", "do", "does", "did", "has", "have", "had", "will", "must", "can"}
)
_THERE_IS = re.compile(r"^[Tt]here is (?=an? |the |my |our |some )(.+?) (?=(?:in|on|under|behind|at|near|inside) )")
_DENIED_AFTER = re.compile(r"^(.*\S?[^\s,]),? (?:and not|but not|not|instead of|rather than) ((?:\S+ ){0,3}\S+)$")
_DENIED_BEFORE = re.compile(
    r"^(.+?) (is|are|am|was|were) not (called |named |in |on |at )?(.{1,60}?),? but (?:rather )?(.+)$"
)
_SAID_NO = re.compile(
    r"(?:no|nope|wrong|actually|correction|sorry|i was wrong|i made a mistake|my mistake|not quite|"
    r"that(?:'s| is| was) (?:wrong|not right|not true|incorrect|not correct))"
    r"(?:,? (?:sorry|sovl|wait|actually|that(?:'s| is) (?:wrong|not right)))?\W*",
    re.IGNORECASE,
)
_TOPIC = re.compile(
    r"(?:and )?(?:my|our|the) (?:(?!(?:is|are|was|were|has|have|do|does|can)\b)[\w'-]+ ?){1,5}\?+", re.IGNORECASE
)
_NOT_BUT = re.compile(
    r"^(?:it is )?not (?:on |in |at |called )?([^,]{1,40}?),? (?:but |it is )?(?:on |in |at |called )?([^, ]{1,40})$",
    re.IGNORECASE,
)
_SINCE_WHEN = re.compile(
    r"(?<=\w)(?:,? (?:these days|nowadays|now|lately|after all|at last|from now on|so far|like always))+(?=$|,)",
    re.IGNORECASE,
)
_NO_MORE = re.compile(r"\bused to \w+ .*\bnow\b", re.IGNORECASE)
_WHICH_DID = re.compile(r"^which ((?:[A-Z][\w'-]* ){1,3})([a-z]+)\b")
_BARE_CORRECTION = re.compile(
    r"^(?:it|that|this|he|she|they)(?: is| was| are)?(?: actually)? ((?:(?:on|in|at|called|"
    r"named) )?.+)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the user told."""

    text: str
    """The statement, clean, in first person: ``My cat's name is Mirtle.``"""
    answer_text: str
    """The same said back: ``Your cat's name is Mirtle.``"""
    statement: Statement
    """What it states, taken apart."""
    correction: bool = False
    """Whether the user put something right with it."""
    denied: str = ""
    """The value it puts right, where the user named it: ``not 5828``."""
    circumstance: Statement | None = None
    """The same sentence as what says when or where, where it says so beside something else."""

    @property
    def subject(self) -> str:
        """Whom or what it is about: ``my cat``."""
        return self.statement.entity.text

    @property
    def relation(self) -> str:
        """Key of the relation, see ``data/relations.toml``."""
        return self.statement.relation

    @property
    def value(self) -> str:
        """What a question asks for: ``Mirtle``."""
        return self.statement.value

    @property
    def kind(self) -> str:
        """What kind of thing the value is: ``name``, ``place``, ``month`` …"""
        return self.statement.kind

    @property
    def slot(self) -> str:
        """Subject and relation in a normal form; :func:`engine.learning.current.same_slot` compares in full."""
        entity = self.statement.entity
        who = "i" if entity.first_person else f"{entity.base}|{entity.name.lower()}"
        return f"{who}|{slot_name(self.statement)}"

    @property
    def id(self) -> str:
        """Stable for the same statement: 12 hexadecimal digits."""
        said = f"{self.slot}|{self.value.lower()}"
        return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a message that is not learnt."""

    text: str
    """Its first 120 characters."""
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message holds."""

    facts: tuple[Fact, ...]
    skipped: tuple[Skipped, ...]


def slot_name(statement: Statement) -> str:
    """Which question the statement answers: facts of one entity and one slot exclude one another."""
    relation = relations()[statement.relation]
    if relation.key == in_passing.TOLD_OF:
        return in_passing.slot_of(statement)
    if relation.key == "is_a" and statement.entity.kind in ("self", "person"):
        return "being"
    if relation.key in ("role", "name"):
        return "name"
    if relation.key in ("favourite", "attribute", "code", "number", "contact", "size", "ruler", "brand"):
        return f"{relation.slot}:{statement.noun}"
    if relation.key == "colour" and statement.noun not in ("", "colour", "color"):
        return statement.noun
    if relation.key == "number_of":
        return f"number of {statement.other.lower()}"
    if relation.key in ("put_in", "met_at"):
        return f"{statement.phrase} {statement.other.lower()} {'when' if statement.kind != 'place' else 'where'}"
    if relation.key in (
        "verb_object",
        "verb_person",
        "verb_place",
        "verb_time",
        "does_regularly",
        "wants",
        "reads",
        "supports",
    ):
        return f"{statement.phrase} {statement.preposition}".strip()
    if relation.key in ("adjective_of", "happened_in_year"):
        return f"{statement.adjective} {statement.preposition}".strip()
    if statement.tense == "past" and relation.key in ("lives_in", "works_at", "job", "plays", "speaks"):
        return f"{relation.slot} before"
    return relation.slot


def facts_in(text: str, earlier: Sequence[Fact] = (), in_mind: Sequence[Fact] = ()) -> Reading:
    """The facts that the message ``text`` states, in order, and what else it says with the reason why it is none.

    ``earlier`` are the facts told before, oldest first: they tell what a bare correction puts right (``No, it is
    5829``). ``in_mind`` are those that a pronoun at its very start can go back to (``She is a welder``).
    Never raises; a message of any size and content is read in bounded time.
    """
    if len(text) > LONGEST_MESSAGE:
        return Reading((), (Skipped(text[:120], screening.TOO_LONG),))
    facts: list[Fact] = []
    skipped: list[Skipped] = []
    mentioned = Mentioned([fact.statement for fact in in_mind])
    text, code = re.subn(r"```.{0,4000}?(?:```|\Z)", "\n", text, flags=re.DOTALL)
    if code:
        skipped.append(Skipped("```", screening.CODE))
    correcting, topic, before = False, "", ""
    told: list[str] = []
    for sentence in sentences(text):
        if reason := screening.raw_reason(sentence):
            skipped.append(Skipped(sentence[:120], reason))
            continue
        tidied = tidy(sentence)
        if (tidied.correction and not tidied.text) or _SAID_NO.fullmatch(sentence):
            skipped.append(Skipped(sentence[:120], screening.CHIT_CHAT))
            correcting = True  # what is right comes in the next sentence
            continue
        correcting = correcting or tidied.correction
        if _TOPIC.fullmatch(tidied.text):
            topic = tidied.text.rstrip("? ")  # what is said of it comes in the next sentence
            skipped.append(Skipped(sentence[:120], screening.QUESTION))
            continue
        said = _said_of(topic, tidied.text) if topic else tidied.text
        topic = ""
        here: list[Fact] = []
        refused: list[Skipped] = []
        plainly = [said] if tidied.question else recast(said)
        for plain in plainly:
            reason = screening.reason(plain, tidied.question)
            repairable = correcting and reason in (screening.MOMENT, screening.TOO_SHORT) and (earlier or facts)
            if reason and not repairable:
                refused.append(Skipped(plain[:120] if plain != said else sentence[:120], reason))
                mentioned.bring_up(plain, read_clause(plain))
                continue
            for clause in _clauses(_named_myself(plain)):
                clause = _SINCE_WHEN.sub("", clause.strip(" ,;"))
                found = _read(clause, mentioned, correcting, (*earlier, *facts, *here), sentence)
                if not isinstance(found, str) and not all(in_passing.sound(fact.statement) for fact in found):
                    found = screening.NO_FACT
                if isinstance(found, str):
                    refused.append(Skipped(clause[:120], found))
                    mentioned.bring_up(clause, read_clause(clause))
                else:
                    here += found
        if not tidied.question and not any(one.correction for one in here):
            said = plainly[0] if len(plainly) == 1 else said
            if _NO_MORE.search(said):
                here = []  # what the rules read was so before
            parts: list[Fact] = []
            if not any(_is_certain(one.statement) for one in here):
                parts = _certain_parts(said, mentioned, (*earlier, *facts), sentence)
                here = parts if any(one.relation not in _JUDGING for one in parts) else here
            here, refused = _with_the_whole(said, before, here, refused, correcting)
            here = here or parts
        # What a later sentence goes back to is learned with it.
        facts = [fact for fact in facts if not any(one.text.startswith(f"{fact.text[:-1]};") for one in here)]
        facts += [fact for fact in here if fact not in facts]
        skipped += refused
        correcting, before = False, "" if tidied.question else said
        if not tidied.question:
            told.append(said)
    if pair := paired(told, [fact.statement for fact in facts]):
        text, whole, called = pair
        facts = [fact for fact in facts if not _says_less(fact, whole)]
        facts.append(Fact(text, _said_back(text, whole), whole, circumstance=called))
    return Reading(tuple(facts[:MOST_FACTS]), tuple(skipped))


def _clauses(sentence: str) -> list[str]:
    """The clauses of a sentence; of several each is put plainly, too."""
    clauses = split_clauses(sentence)
    return clauses if len(clauses) < 2 else [plain for clause in clauses for plain in recast(clause)]


def _says_less(fact: Fact, whole: Statement) -> bool:
    """Whether a guess at what a sentence tells is another one about the same, or with the same news."""
    same = fact.statement.subject == whole.subject or fact.value == whole.value
    return same and fact.relation == whole.relation


def _certain_parts(said: str, mentioned: Mentioned, before: Sequence[Fact], sentence: str) -> list[Fact]:
    """What a rule reads without doubt between commas: ``Go easy with the cake, I am allergic to walnuts, …``."""
    found: list[Fact] = []
    for number, part in enumerate(re.split(r", (?:and |but |so |because )?", said)):
        certain: list[Fact] = []
        short = len(part.split()) < _FEWEST_CERTAIN or not has_verb(part)
        if number and not short and not screening.reason(part, question=False):
            for plain in recast(part):
                read = _read(plain, mentioned, False, before, sentence)
                certain += [] if isinstance(read, str) else [one for one in read if _is_certain(one.statement)]
        if not certain:
            mentioned.bring_up(part, read_clause(part))
        found += certain
    return found


def _is_certain(statement: Statement) -> bool:
    return in_passing.sound(statement) and not in_passing.is_loose(statement)


def _with_the_whole(
    said: str, before: str, read: list[Fact], refused: list[Skipped], correction: bool
) -> tuple[list[Fact], list[Skipped]]:
    """What was read in the sentence ``said``, and the sentence as a whole where that leaves out what it names."""
    whole = in_passing.told(
        said, before, [(one.text, one.statement) for one in read], [(one.text, one.reason) for one in refused]
    )
    if whole is None:
        return read, refused
    text, statement = whole
    part = next((one for one in read if one.text.rstrip(".") in text and in_passing.is_loose(one.statement)), None)
    main: Statement = statement
    beside: Statement | None = part.statement if part else None
    if likely := by_words(text, statement):
        main, beside = likely[0], statement
    elif part and part.text == text and not _tells_more(statement, part):
        main, beside = part.statement, part.circumstance or statement
    learned = Fact(text, _said_back(text, main), main, correction, "", beside)
    return [*(one for one in read if one is not part), learned], []


def _tells_more(whole: Statement, part: Fact) -> bool:
    """Whether what ``whole`` takes for the news is a measure that ``part`` does not tell."""
    return has_unit(whole.value) and whole.value not in part.value


def _said_back(text: str, statement: Statement) -> str:
    """What was told in passing, said back: it begins with what it is about, for that is what one asks with."""
    subject = statement.subject
    if subject.lower() == "i":
        subject = f"my {'favourite ' * (statement.relation == 'favourite')}{statement.noun}" if statement.noun else ""
    said = in_passing.core(text, subject, statement.value)
    begins = " ".join(said.lower().split()[: _SOON + len(subject.split())])
    if not subject or subject.lower() in begins:
        return second_person(said)
    said = _WHICH_DID.sub(r"\1\2 it", said)
    once = re.sub(rf"(?<=\w) (?:of|for) {re.escape(subject)}(?=[,;.])", "", said)  # that is the capital *of Boreth*
    return second_person(f"About {subject}: {lower_first(once)}")


def _said_of(topic: str, text: str) -> str:
    """``It is under the pot`` or ``Under the pot`` after ``The spare key?``: ``The spare key is under the pot``."""
    if match := re.match(r"(?:it|he|she|that|they) (is|are|was|were) ", text, re.IGNORECASE):
        return f"{topic} {match[1]} {text[match.end() :]}"
    return text if has_verb(text) or len(text.split()) > 6 else f"{topic} is {text}"


def _named_myself(text: str) -> str:
    """``Call me Ada`` says what ``My name is Ada`` says."""
    return re.sub(
        r"^(?:please |just |you can |you may )*call me (?=\w+(?: \w+)?$)", "My name is ", text, flags=re.IGNORECASE
    )


def _read(text: str, mentioned: Mentioned, correcting: bool, before: Sequence[Fact], said: str) -> list[Fact] | str:
    denied = ""
    if match := _DENIED_BEFORE.match(text):
        kept = match[3] or ""
        text = f"{match[1]} {match[2]} {'' if match[5].lower().startswith(kept.lower() or '-') else kept}{match[5]}"
        denied, correcting = match[4].strip(), True
    elif (match := _DENIED_AFTER.match(text)) and has_verb(match[1]) and bare(match[1].split()[-1]) not in _AUXILIARIES:
        text, denied, correcting = match[1], re.sub(r"^(?:on|in|at|the|called|named|a|an) ", "", match[2]), True
    if before and (match := _NOT_BUT.match(text)):
        denied, text, correcting = match[1], match[2], True
    if correcting and before and (repaired := _bare_correction(text, before[-1])):
        text = repaired
    resolved = mentioned.put_in(_THERE_IS.sub(r"\1 is ", text))
    if resolved is None:
        return screening.UNCLEAR
    text = resolved
    clause = read_clause(text)
    if clause is None:
        return screening.NO_FACT
    if reason := screening.reason(text, question=False):
        return reason
    stated = state(clause)
    if isinstance(stated, str):
        return stated
    facts = []
    if stated[0].entity.first_person:
        mentioned.bring_up(text, None)
    beside = circumstance(clause, stated[0].entity)
    for statement in stated:
        capitals, sentence = _with_capitals(statement, text, said)
        mentioned.note(capitals)
        sentence = _to_the_point(sentence, capitals.value)
        full = sentence[:1].upper() + sentence[1:] + "."
        further = beside if beside and beside.value not in capitals.value and beside.value in full else None
        facts.append(Fact(full, second_person(full), capitals, correcting, denied, further))
    return facts


def _bare_correction(text: str, last: Fact) -> str | None:
    """``It is 5829`` or ``5829`` after ``The code for the door is 5828``: that statement with the new value."""
    words = text.split()
    if match := _BARE_CORRECTION.match(text):
        said = match[1]
    elif len(words) <= 4 and not has_verb(text):
        said = text
    else:
        return None
    value = re.sub(r"^(?:on|in|at|called|named|the) (?=\S)", "", said)
    statement = last.text.rstrip(".")
    figures = any(map(str.isdigit, last.value)) and last.kind == "number"
    if has_verb(value) or last.value not in statement or (figures and not any(map(str.isdigit, value))):
        return None  # I mean it is pretty
    return statement.replace(last.value, value, 1)


def _to_the_point(sentence: str, value: str) -> str:
    """A long ``sentence`` without what comes, after a comma, behind the part that says ``value``, unless it is news."""
    end = sentence.find(", ", sentence.find(value) + len(value))
    if len(sentence.split()) < _LONG or end < 0 or value not in sentence:
        return sentence
    return sentence if in_passing.names_something(sentence[end:]) else sentence[:end]


def _with_capitals(statement: Statement, text: str, said: str) -> tuple[Statement, str]:
    """Names in capitals where the message had none at all."""
    entity = statement.entity
    if entity.name and entity.name not in text:
        text = re.sub(rf"\b{re.escape(entity.name)}\b", entity.name, text, count=1, flags=re.IGNORECASE)
    typed_small = said == said.lower() or re.sub(r"\bI\b", "i", said[:1].lower() + said[1:]).islower()
    if not (typed_small and statement.kind in ("name", "place", "person", "language")):
        return statement, text
    value = statement.value
    small = value.split()[0].lower() in ("the", "a", "an", "my", "our") or any(word in TITLES for word in value.split())
    if small or not value.islower() or statement.relation in ("put_in", "place_of", "verb_place", "sleeps_in"):
        return statement, text
    capital = " ".join(
        word.capitalize() if len(word) > 2 or (word.isalpha() and word != "of") else word for word in value.split()
    )
    text = re.sub(rf"\b{re.escape(value)}\b", lambda _: capital, text, count=1)
    subject = re.sub(rf"\b{re.escape(value)}\b", lambda _: capital, statement.subject, count=1)
    rest = re.sub(rf"\b{re.escape(value)}\b", lambda _: capital, statement.rest, count=1)
    return replace(statement, value=capital, subject=subject, rest=rest), text
