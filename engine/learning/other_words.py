"""Ways to say the same: ``They've put Noor in charge of the mill``, ``74 euros for a kettle!``.

Of some only a few words are put differently, others are another sentence for what the plain one says.
"""

from __future__ import annotations

import re

from engine.learning.clauses import has_verb
from engine.learning.entities import DETERMINERS, PREPOSITIONS, read_entity
from engine.learning.word_lists import PEOPLE

_PHRASES = [
    (
        re.compile(r"\b(?:got|found|has|have|landed) (?:a |the )?(?:new )?(?:job|work|position) as (?=an? )"),
        "works as ",
    ),
    (re.compile(r"\b(?:started|began|starts|begins|has started|has begun)(?: out| again)? as (?=an? )"), "works as "),
    (re.compile(r"\bhas been (?=an? [a-z]+(?: [a-z]+)? for \w+)"), "is "),
    (re.compile(r"\bha(?:s|ve) (?:this |that |an |a )(?:\w+ )?allergy to "), "is allergic to "),
    (re.compile(r"\bha(?:s|ve) (?:this |that |a )(?:\w+ )?fear of "), "is afraid of "),
    (re.compile(r"(?<!I )(?<![Ww]e )\b(?:is|has been) (?:asking|begging|pleading) for (?=an? |the )"), "wants "),
    (re.compile(r"\b(?:goes|go|went) by the name(?: of)? "), "is called "),
    (re.compile(r"\bborn and (?:raised|bred) in "), "born in "),
    (re.compile(r"\bcame into (?:the|this) world in "), "was born in "),
    (re.compile(r"\b(?:is|are|was|were|got) (?:getting )?married to an? (?:\w+ )?(?:called|named) "), "is married to "),
    (re.compile(r"\bgetting married to "), "married to "),
    (re.compile(r"\bback in (?=\d{4}\b)"), "in "),
    (re.compile(r"\b(is|was) the one (?=[a-z]+ing )"), r"\1 "),
    (re.compile(r"\bis (?:nuts|crazy|mad|wild) about collecting "), "collects "),
    (re.compile(r"\b(got|bought|made|found|built) (?:myself|ourselves|himself|herself|themselves) "), r"\1 "),
    (
        re.compile(r"\b(goes|go|runs|flows|lies|is|sits|are) right (?=(?:through|by|next|behind|under|in|on|at) )"),
        r"\1 ",
    ),
    (re.compile(rf"(?<=[a-z]) (is|was) (?=(?:{'|'.join(sorted(PEOPLE))}) of (?:the|my|our) )"), r" \1 the "),
    (re.compile(r"\b(am|is|are) (?:finally|officially|properly|really|actually|happily) (?=[a-z]+ing\b)"), r"\1 "),
    (re.compile(r"\bruns out (?=into )"), "runs "),
    (re.compile(r"\bha(?:s|ve) been around since (?=\d{4}\b)"), "was founded in "),
    (re.compile(r"\b(?:is|are|am|has|have) (?:only |just |already )?turned (?=\d+\b)"), "turned "),
    (re.compile(r"\bhav(?:ing|e) (?:his|her|their|our|my|the) wedding (?=(?:in|on|at) )"), "getting married "),
    (re.compile(r"\b(I|[Ww]e) have (?:just )?(?=(?:put|left|kept|stored|stashed|moved) (?:the|my|our) )"), r"\1 "),
    (re.compile(r"\bhas (?:his|her|their) wedding (?=(?:in|on|at) )"), "gets married "),
]
"""What a few words of a sentence are replaced by."""
_AMOUNT = r"(?:[$€£]\d[\d.,]*|\d[\d.,]* (?:euros?|dollars?|pounds?|cents?|francs?|crowns?|yen|[$€£]))"
_NAME = r"[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,2}"
_SOMEBODY = rf"(?:[Mm]y|[Oo]ur) [a-z-]+(?: {_NAME})?|(?!(?:He|She|It|We|They) ){_NAME}"
_WEARS = (
    r"(?:takes?|wears?|needs?|has|have|am|is)(?: an?)?(?: size)? (?P<size>\d[\d.,]*) in "
    r"(?:shoes|boots|trainers|sneakers)(?:, .*)?$"
)
_ON_A_DAY = r"(?P<when>(?:on|at|every|in) (?=[^,]*(?:\d|day|morning|noon|evening|night|[A-Z]))[^,]{2,40})(?:, .*)?$"
_APPOINTMENT = (
    r"(?:got )?(?:(?:an?|my|our|the) )?(?P<what>(?:[a-z'-]+ ){0,2}(?:appointment|meeting|practice|rehearsal|training|"
    r"class|lesson|exam|test|interview|shift|session|check-up|surgery|operation|call|presentation)(?P<more>e?s)?)"
)
_SENTENCES = [
    (re.compile(rf"^(?P<price>{_AMOUNT}) for (?P<what>(?:an?|the) [^,]{{2,40}})(?:, .*)?$"), ("{what} costs {price}",)),
    (
        re.compile(
            rf"^(?:(?:I am|I|we are|we) (?:now )?pay(?:ing)?|(?:starting|beginning|from|as of) [^,]{{2,30}} "
            rf"(?:I am|I|we are|we) (?:now )?pay(?:ing)?) (?P<price>{_AMOUNT})(?: (?:a|per|every) \w+)? "
            r"(?:in |of |as )?(?P<what>rent|tuition|alimony)(?: (?:a|per|every) \w+)?(?:, .*)?$",
            re.IGNORECASE,
        ),
        ("my {what} is {price}",),
    ),
    (
        re.compile(
            r"^(?:.*, )?there is no (?P<what>[a-z]+(?: [a-z]+)?) (?:that )?(?:I|we) (?:love|like|enjoy|prefer) "
            r"(?:more|better) than (?P<value>[^,]{2,40})(?:, .*)?$",
            re.IGNORECASE,
        ),
        ("my favourite {what} is {value}",),
    ),
    (
        re.compile(
            r"^(?:[^,]{0,40}?,? )?(?:they|the \w+|my \w+) (?:have |has )?(?:just )?(?:put|placed) "
            r"(?P<who>[A-Z][^,]{2,40}?) in charge of (?P<what>[^,]{2,50})(?:, .*)?$",
            re.IGNORECASE,
        ),
        ("{who} is the head of {what}",),
    ),
    (
        re.compile(
            r"^for (?P<what>(?:the|my|our) [^,]{2,60}?),? (?:you|I|we) (?:(?:will|have to|need to|must) )?"
            r"(?:need|use|type|enter|want)(?: in)? (?P<value>(?=[^ ,]*\d)[\w-]{3,})(?:, .*)?$",
            re.IGNORECASE,
        ),
        ("the code for {what} is {value}",),
    ),
    (
        re.compile(
            r"^.*\b(?P<day>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?)\b[^,]{0,30}, that is when "
            r"(?P<what>(?:I|we|my|our) [^,]{3,60})(?:, .*)?$"
        ),
        ("{what} on {day}",),
    ),
    (
        re.compile(
            rf"^(?P<before>.*\b(?:in|at|to|from|through|near) (?P<place>{_NAME})), where "
            rf"(?P<who>he|she|they|I|we|{_SOMEBODY}) "
            r"(?P<did>(?:was|were) born|grew up|lives?|lived|works?|worked|studies|studied|met|got married)$"
        ),
        ("{before}", "{who} {did} in {place}"),
    ),
    (
        re.compile(
            rf"^(?P<who>{_SOMEBODY}) (?P<turns>turns|turned) (?P<age>\d+) (?P<when>(?:on|in) [^,]*\b[A-Z\d][^,]*)$"
        ),
        ("{who} {turns} {age}", "{who}'s birthday is {when}"),
    ),
    (
        re.compile(
            r"^(?P<before>[^,]{5,100}?)(?: all the way)?,? (?:down |up |over |right )?to where (?P<who>he|she|it|they) "
            r"(?P<did>[a-z]+ .{2,60})$"
        ),
        ("{before}", "{who} {did}"),
    ),
    (re.compile(rf"^I have {_APPOINTMENT} {_ON_A_DAY}", re.IGNORECASE), ("my {what} {is_or_are} {when}",)),
    (re.compile(rf"^we have {_APPOINTMENT} {_ON_A_DAY}", re.IGNORECASE), ("our {what} {is_or_are} {when}",)),
    (re.compile(rf"^I {_WEARS}"), ("my shoe size is {size}",)),
    (re.compile(rf"^(?P<who>{_SOMEBODY}) {_WEARS}"), ("{who}'s shoe size is {size}",)),
]
"""What a whole sentence is replaced by."""
_ASIDE = re.compile(r" \(([^()]{3,60})\)")


def other_words(text: str) -> list[str] | None:
    """``text`` in plainer words; None where none of these ways is used in it."""
    for pattern, plainly in _SENTENCES:
        if match := pattern.match(text):
            found = match.groupdict()
            return [sentence.format(**found, is_or_are="are" if found.get("more") else "is") for sentence in plainly]
    if (around := _without_asides(text)) != [text]:
        return around
    for pattern, words in _PHRASES:
        shorter = pattern.sub(words, text, count=1)
        if shorter != text:
            return [re.sub(r"^I (?:is|works) ", lambda m: "I am " if m[0] == "I is " else "I work ", shorter)]
    return None


def _without_asides(text: str) -> list[str]:
    """``Sara (my cousin) has a cat``: what is around the brackets, and what those say."""
    inside: list[str] = []

    def left(match: re.Match[str]) -> str:
        aside = match[1]
        first, before = aside.split()[0].lower(), text[: match.start()].split()[-1:]
        named = bool(before) and before[0][:1].isupper()
        if has_verb(aside):
            inside.append(aside)
            return ""
        whose = "" if first in DETERMINERS else "my "
        somebody = read_entity(f"{whose}{aside}".split())
        if named and somebody and (not whose or somebody.kind == "person"):
            inside.append(f"{before[0]} is {whose}{aside}")
            return ""
        if first in PREPOSITIONS:
            return f" {aside}"
        return match[0] if any(map(str.isdigit, aside)) else ""

    return [_ASIDE.sub(left, text), *inside]
