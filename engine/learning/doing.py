"""What someone *does*: ``I work as a welder``, ``Olufsen invented the glimmerphone``, ``I hid the key in the shed``."""

from __future__ import annotations

import re
from dataclasses import replace

from engine.learning import screening
from engine.learning.being import PLACE_PREPOSITIONS
from engine.learning.clauses import Clause, bare
from engine.learning.entities import DETERMINERS, PREPOSITIONS, Entity, read_entity
from engine.learning.relations import PLACE_KINDS, VerbPattern, relations, verb_patterns
from engine.learning.statement import Statement, stated, stripped, value_end, value_of, without_article
from engine.learning.values import TIMES, time_kind, value_kind
from engine.learning.verb_forms import reading
from engine.learning.word_lists import ANIMALS, PEOPLE, word_set

_ILLNESSES = word_set("values", "illnesses")
_COLOURS = word_set("values", "colours")
_SHIFTING = frozenset({"move", "postpone", "shift", "reschedule", "change"})
_PARTICLES = frozenset(["up", "down", "out", "off", "away", "back", "over", "together", "around"])
_EMPTY = word_set("grammar", "empty_values")


def of_doing(clause: Clause, entity: Entity) -> list[Statement] | str:
    """What a clause with a full verb states, or why it states nothing."""
    words = list(clause.rest)
    lower = [bare(word) for word in words]
    if clause.verb in ("call", "name", "nickname") and entity.first_person and len(words) > 1:
        return _called(clause, words)
    if clause.verb == "get" and reading(lower[0], "participle") and len(words) > 1:
        return _general(clause, entity, words, lower)
    if clause.verb in ("scare", "frighten", "terrify") and (scared := read_entity([word.strip(",") for word in words])):
        # "Spiders scare me" says what "I am afraid of spiders" says.
        what = " ".join(clause.subject)
        return [stated(clause, scared, relation="afraid_of", value=what[:1].lower() + what[1:], kind=value_kind(what))]
    if clause.verb in _SHIFTING and lower[0] == "to" and (time := time_kind(value_of(words[1:]), "")):
        return [stated(clause, entity, relation="takes_place", value=value_of(words[1:]), kind=time, preposition="on")]
    if doer := _doer(clause, entity, words):
        return doer
    if clause.verb in ("have", "get", "own", "keep", "adopt", "buy") and (
        pets := _having(clause, entity, words, lower)
    ):
        return pets
    for pattern in verb_patterns().get(clause.verb, ()):
        size = len(pattern.words)
        if (
            pattern.negative != clause.negative
            or pattern.doer
            or tuple(lower[:size]) != pattern.words
            or len(words) <= size
        ):
            continue
        found = (
            _placed(clause, entity, pattern.relation, words)
            if pattern.placed
            else _matched(clause, entity, pattern, words)
        )
        if found:
            return found
    return screening.NEGATION if clause.negative else _general(clause, entity, words, lower)


def _called(clause: Clause, words: list[str]) -> list[Statement] | str:
    """``I call my cat Mia``."""
    if bare(words[0]) not in ("my", "our", "the") or len(words) < 3:
        return screening.UNCLEAR
    end = next((i for i in range(2, len(words)) if words[i][:1].isupper() or bare(words[i]) == "after"), 2)
    if end == 2 and bare(words[2]) in ANIMALS | PEOPLE:
        end = 3
    entity = read_entity([word.strip(",") for word in words[:end]])
    if entity and bare(words[end]) == "after" and len(words) > end + 1:
        value = value_of(words[end + 1 :], cut=False)
        return [stated(clause, entity, relation="named_after", value=value, kind="name")]
    value = stripped(words[end:])
    return [stated(clause, entity, relation="name", value=value, kind="name")] if entity else screening.UNCLEAR


def _doer(clause: Clause, entity: Entity, words: list[str]) -> list[Statement] | None:
    """``Olufsen invented the glimmerphone`` and ``the glimmerphone was invented by Olufsen``."""
    pattern = next((p for p in verb_patterns().get(clause.verb, ()) if p.doer), None)
    if pattern is None or clause.negative:
        return None
    if clause.participle:
        if bare(words[0]) != "by" or len(words) < 2:
            return None
        return [
            stated(
                clause, entity, relation=pattern.relation, value=value_of(words[1:]), kind="person", phrase=clause.verb
            )
        ]
    own = Entity("I", kind="self")
    if (
        entity.kind == "self"
        or own == entity
        or clause.tense == "future"
        or clause.verb in ("run", "make", "cook", "bake", "start", "sing", "lead", "play")
    ):
        return None
    definite = bare(words[0]) in ("the", "my", "our") or words[0][0].isupper()
    if not definite or not (entity.kind in ("person", "named") or entity.name):
        return None
    thing = read_entity([word.strip(",") for word in words[: value_end(words, cut_prepositions=True)]])
    if thing is None or thing.first_person:
        return None
    return [
        stated(
            clause, thing, relation=pattern.relation, value=" ".join(clause.subject), kind="person", phrase=clause.verb
        )
    ]


def _having(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | str | None:
    """``I have a cat called Mia and a dog named Rex``, ``we have two sons``, ``my dog has brown eyes``."""
    if clause.negative:
        return screening.NEGATION
    owner = entity.possessive
    named = [
        (match[1], match[2])
        for part in re.split(r"(?:,| and)\s+(?=an? )", " ".join(words))
        if (
            match := re.fullmatch(
                r"an? ((?:[\w-]+ )*?[\w-]+),? (?:called|named|whose name is|by the name of|with the name) (.+)", part
            )
        )
        or (match := re.fullmatch(r"an? ([\w-]+), ([A-Z]\w+)", part))
    ]
    if named and not entity.name.endswith("'s"):
        found = []
        for noun, name in named:
            thing = read_entity([*owner.split(), *noun.split()])
            if thing:
                found.append(
                    stated(clause, thing, relation="name", value=value_of(name.split(), cut=False), kind="name")
                )
        return found
    if clause.verb not in ("have", "own", "keep"):
        return None
    count = re.fullmatch(
        r"(\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) ((?:[a-z]+ )?[a-z]+s|children|"
        r"people|men|women|mice|fish|sheep)(?: (?:called|named) (.+)|[:,] (.+))?",
        " ".join(words),
    )
    if count:
        names = count[3] or count[4]
        if names and (things := read_entity([*owner.split(), *count[2].split()])):
            return [stated(clause, things, relation="name", value=names, kind="name")]
        return [stated(clause, entity, relation="number_of", value=count[1], kind="number", other=count[2])]
    if (later := _timed_object(clause, entity, words, clause.verb)) and lower[0] in ("a", "an", "my", "our", "the"):
        return later
    looks = re.fullmatch(r"((?:[a-z]+ )?[a-z]+) (hair|eyes|fur|feathers|spots|stripes)", " ".join(lower))
    if looks and looks[1].split()[-1] in _COLOURS:
        part = read_entity([*owner.split(), looks[2]])
        return [stated(clause, part, relation="colour", value=looks[1], kind="colour")] if part else None
    noun = without_article(value_of(words))
    if noun.lower() in _ILLNESSES or value_of(words).lower() in _ILLNESSES:
        return [stated(clause, entity, relation="suffers_from", value=noun, kind="thing", phrase="have")]
    if noun.lower() in ANIMALS and lower[0] in ("a", "an"):
        return [stated(clause, entity, relation="has_pet", value=noun, kind="animal", phrase="have")]
    return None


def _timed_object(clause: Clause, entity: Entity, words: list[str], phrase: str) -> list[Statement] | None:
    """``Ella starts school in September``, ``I have an appointment with Doctor Hale on Monday``: asked for *when*."""
    for i in range(1, len(words) - 1):
        if bare(words[i]) not in ("in", "on", "at"):
            continue
        value = value_of(words[i + 1 :])
        time = time_kind(value, bare(words[i]))
        if time and time != "time" and (clause.verb == "have" or (i == 1 and words[0].islower())):
            whole = f"{phrase} {stripped(words[:i])}"
            return [
                stated(
                    clause,
                    entity,
                    relation="verb_time",
                    value=value,
                    kind=time,
                    preposition=bare(words[i]),
                    phrase=whole,
                )
            ]
    return None


def _placed(clause: Clause, entity: Entity, key: str, words: list[str]) -> list[Statement] | None:
    """``I put the keys in the drawer``: an object, then where or when."""
    at = next(
        (
            i
            for i, word in enumerate(words)
            if i and bare(word) in PREPOSITIONS - {"of", "for", "with", "from", "to", "about"}
        ),
        None,
    )
    if at is None or at + 1 >= len(words) or (bare(words[0]) not in ("my", "our", "the") and not words[0][0].isupper()):
        return None
    preposition = bare(words[at])
    value = value_of(words[at + 1 :], cut=key == "met_at")
    time = time_kind(value, preposition)
    if key == "put_in" and time:
        return None
    other = stripped(words[:at])
    return [
        stated(
            clause,
            entity,
            relation=key,
            value=value,
            kind=time or "place",
            preposition=preposition,
            other=other,
            phrase=clause.verb,
        )
    ]


def _matched(clause: Clause, entity: Entity, pattern: VerbPattern, words: list[str]) -> list[Statement] | None:
    relation = relations()[pattern.relation]
    tail = list(pattern.words)
    remaining = words[len(tail) :]
    preposition = tail[-1] if tail and tail[-1] in PREPOSITIONS | {"to"} else ""
    if (
        not preposition
        and relation.kind in TIMES | PLACE_KINDS
        and bare(remaining[0]) in PREPOSITIONS
        and len(remaining) > 1
    ):
        preposition, remaining = bare(remaining[0]), remaining[1:]
    if not preposition and bare(remaining[0]) in PREPOSITIONS | _PARTICLES:
        return None
    action = relation.kind == "action" or (preposition == "to" and relation.key in ("likes", "wants"))
    value = stripped(remaining) if action else value_of(remaining, cut=relation.kind != "name")
    if not value:
        return None
    if relation.kind == "job":
        value = without_article(value)
    kind = value_kind(value, preposition)
    if (relation.kind == "time" and kind not in TIMES) or (relation.kind in PLACE_KINDS and kind in TIMES):
        return None
    if relation.kind in PLACE_KINDS | {"person", "name"}:
        kind = "place" if relation.kind in PLACE_KINDS else relation.kind
    if entity.kind == "thing" and (relation.about == "person" or relation.key in ("wants", "supports", "can")):
        return None
    if (
        relation.key in ("makes", "bought", "lost")
        and bare(remaining[0]) in ("the", "it")
        and clause.tense == "present"
    ):
        return None
    fixed = tail[:-1] if preposition and tail and tail[-1] == preposition else tail
    phrase = " ".join((clause.verb, *fixed))
    return [
        stated(clause, entity, relation=relation.key, value=value, kind=kind, preposition=preposition, phrase=phrase)
    ]


def _general(clause: Clause, entity: Entity, words: list[str], lower: list[str]) -> list[Statement] | str:
    """Any other verb: the first of object, place and time that says something."""
    particle: list[str] = []
    if (lower[0] in _PARTICLES or (clause.verb == "get" and reading(lower[0], "participle"))) and len(words) > 1:
        particle, words, lower = [lower[0]], words[1:], lower[1:]
    phrase = " ".join((clause.verb, *particle))
    if lower[0] in PREPOSITIONS and len(words) > 1:
        preposition = lower[0]
        value = value_of(words[1:])
        if not value:
            return screening.NO_FACT
        time = time_kind(value, preposition)
        place = preposition in PLACE_PREPOSITIONS and not time
        key = "verb_time" if time else "verb_place" if place else "verb_object"
        kind = time or ("place" if place else value_kind(value, preposition))
        return [stated(clause, entity, relation=key, value=value, kind=kind, preposition=preposition, phrase=phrase)]
    if clause.verb == "go" and lower[0].endswith("ing") and len(words) > 1:
        return _general(replace(clause, verb="go " + lower[0]), entity, words[1:], lower[1:])
    if later := _timed_object(clause, entity, words, phrase):
        return later
    if time := time_kind(value_of(words)):
        return [stated(clause, entity, relation="verb_time", value=value_of(words), kind=time, phrase=phrase)]
    value = value_of(words)
    if not value or bare(value) in _EMPTY:
        return screening.UNCLEAR
    if lower[0] in ("that", "because", "if", "when", "how", "what", "why", "where", "who"):
        return screening.NO_FACT
    if lower[0] in DETERMINERS and lower[0] not in ("a", "an") and (placed := _placed(clause, entity, "met_at", words)):
        return placed
    if (
        reading(lower[0], "ing", "base")
        and lower[0] not in ("play", "work")
        and clause.verb in ("let", "make", "go", "see", "help")
    ):
        return screening.NO_FACT
    kind = value_kind(value)
    person = (kind == "name" and value.split()[0].lower() not in ("the",)) or value.lower().split()[-1] in PEOPLE
    return [
        stated(
            clause,
            entity,
            relation="verb_person" if person and lower[0] in ("my", "our") else "verb_object",
            value=value,
            kind=kind,
            phrase=phrase,
        )
    ]
