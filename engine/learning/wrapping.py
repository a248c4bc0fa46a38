"""The same question inside other talk: embedded, as a command, after small talk, with a request around it."""

from __future__ import annotations

import random
import re

from engine.learning.entities import Entity
from engine.learning.phrasing import lower_first, sentence_case
from engine.learning.verb_forms import past, reading, third

_AUXILIARY = r"am|is|are|was|were|do|does|did|will|can|could|would|should|must|has|have"
_INVERTED = re.compile(
    rf"^((?:in |on |at |into |by |to |from |under |until |for |with |through )?(?:what|which|who|whom|whose|"
    rf"where|when|how)(?: (?!(?:{_AUXILIARY})\b)[\w'-]+){{0,3}}?) "
    rf"({_AUXILIARY}) (.+)\?$",
    re.IGNORECASE,
)
_EMBEDDED = (
    "Do you know {q}?",
    "Can you tell me {q}?",
    "Do you remember {q}?",
    "Could you tell me {q}?",
    "Tell me {q}.",
    "I forgot {q}.",
    "Remind me {q}.",
    "Please tell me {q}.",
    "I want to know {q}.",
    "I would like to know {q}.",
    "Any idea {q}?",
    "I wonder {q}.",
    "Did I tell you {q}?",
    "Have I told you {q}?",
    "Let me know {q}, please.",
    "I cannot remember {q}.",
    "Would you know {q}?",
)
_WRAPS = (
    "I forgot. {q}",
    "Quick question: {q}",
    "Do you remember? {q}",
    "Please remind me: {q}",
    "{q} Answer briefly.",
    "Hey, {l}",
    "So, {l}",
    "{q} I told you before.",
    "Nice weather today. {q}",
    "Let me test your memory. {q}",
    "By the way, {l}",
    "Now tell me: {l}",
    "I have a question for you. {q}",
    "Okay. {q}",
    "Hi! {q}",
    "Thanks for that. {q}",
    "One more thing: {l}",
    "Hello again. {q}",
    "{q} I hope you know.",
    "Hm, {l}",
    "Sorry to bother you, but {l}",
    "{q} Please answer in one sentence.",
    "My memory is bad. {q}",
    "We talked about this once. {q}",
    "I had a good day. {q}",
    "That was funny. {q}",
    "Let's talk about something else. {q}",
    "Good morning! {q}",
)
_ABOUT = (
    "What do you know about {s}?",
    "Tell me about {s}.",
    "What did I tell you about {s}?",
    "What can you say about {s}?",
    "What have you learnt about {s}?",
    "Do you know anything about {s}?",
)


def _statement_order(question: str, subject: str) -> str | None:
    """``Where does my cat sleep?`` → ``where my cat sleeps``; None when the order cannot be turned by rule."""
    match = _INVERTED.match(question)
    if match is None:
        subject_question = re.match(
            r"^(who|what|which \w+) (?!(?:am|is|are|was|were|do|does|did|will|can)\b)(.+)\?$", question, re.IGNORECASE
        )
        return lower_first(question[:-1]) if subject_question else None
    asked, auxiliary, remaining = match[1], match[2].lower(), match[3]
    words = remaining.split()
    if auxiliary in ("do", "does", "did"):
        doer = next(
            (
                who
                for who in (subject, subject[:1].upper() + subject[1:], "I", "we", "people", "they", "one")
                if remaining.startswith(who + " ")
            ),
            None,
        )
        at = len(doer.split()) if doer else 0
        if not doer or at >= len(words) or not reading(words[at], "base"):
            return None
        verb = words[at]
        words[at] = {"do": verb, "does": third(verb), "did": past(verb)}[auxiliary]
        return f"{lower_first(asked)} {' '.join(words)}"
    if not re.fullmatch(
        r"what|who|which [\w ]+|where|when|how old|how heavy|(?:in|on|at) (?:which|what) \w+|what (?:colour|"
        r"time|day|language)",
        asked,
        re.IGNORECASE,
    ):
        return None
    for said in (subject, subject[:1].upper() + subject[1:]):
        if remaining == said or remaining.startswith((said + "'s ", said + "' ")):
            return f"{lower_first(asked)} {remaining} {auxiliary}"
        if remaining.startswith(said + " "):
            return f"{lower_first(asked)} {said} {auxiliary}{remaining[len(said) :]}"
    whole = re.fullmatch(
        rf"(?:the [\w-]+(?: [\w-]+)? (?:of|for) {re.escape(subject)}|(?:my|our) (?:[\w-]+ )?[\w-]+)", remaining
    )
    return (
        f"{lower_first(asked)} {remaining} {auxiliary}"
        if whole and words[-1] not in ("to", "own", "of", "for", "in", "at", "on")
        else None
    )


def embedded(question: str, subject: str, rng: random.Random) -> str | None:
    """``Do you know where my cat sleeps?``; None where the question cannot be turned."""
    turned = _statement_order(question, subject)
    return sentence_case(rng.choice(_EMBEDDED).format(q=turned)) if turned else None


def commanded(question: str, subject: str, rng: random.Random) -> str | None:
    """``Name the capital of Marneth.`` from *What is …?*; None for questions that ask for no noun."""
    if (
        question.startswith("What is")
        and question[:-1].endswith(f" {subject}")
        and len(question.split()) == 2 + len(subject.split())
    ):
        return None
    match = re.match(r"^(?:What|Who|Which \w+) (?:is|are) ((?:my|our|the|[A-Z])[^?]*)\?$", question)
    if match is None or match[1].endswith(
        (" about", " of", " to", " for", " by", " called", " like", " made of", " known as")
    ):
        return None
    if re.search(
        r" (?:afraid|allergic|scared|learning|interested|made|training|terrified|frightened|based|most|planning|"
        r"by profession|at work|special|own|together|bound)\b",
        match[1],
    ):
        return None
    start = rng.choice(
        (
            "Name {}.",
            "Tell me {}.",
            "Give me {}.",
            "Say {}.",
            "Write down {}.",
            "{}?",
            "I need {}.",
            "Please tell me {}.",
            "Recall {}.",
        )
    )
    return sentence_case(start.format(match[1]))


def wrapped(question: str, rng: random.Random) -> str:
    """``question`` after or before other talk."""
    return sentence_case(rng.choice(_WRAPS).format(q=question, l=lower_first(question)))


def about(entity: Entity, rng: random.Random) -> list[str]:
    """``What do you know about my cat?``, in some wordings; none for the user, about whom too much may be known."""
    if entity.first_person:
        return []
    made = [wording.format(s=entity.text) for wording in _ABOUT]
    rng.shuffle(made)
    return made
