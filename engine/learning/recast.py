"""What is told in passing, put plainly: ``Since March my brother has been working as a smith, poor him``.

People wrap what they tell: in a report (``it turns out that …``), an aside (``– that's my hamster –``), an apposition
(``Bram, my landlord, …``), a cleft (``it was Varga who …``). Each rule here takes one wrapping off and says the same in
the plain order that :mod:`engine.learning.clauses` reads. Only words such as *is* and *called* are added, so what comes
out is still the user's own. All patterns are anchored or bounded: no sentence makes them slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.learning.clauses import SUBJECTS, has_verb
from engine.learning.entities import DETERMINERS, PREPOSITIONS
from engine.learning.other_words import other_words
from engine.learning.verb_forms import reading
from engine.learning.word_lists import ATTRIBUTES, EVALUATIVE, PEOPLE, TITLES, word_set

_MOST_ROUNDS = 4
_NUMBERS = word_set("grammar", "number_words")
_DENYING = frozenset({"could", "did", "would", "had", "have"})
_FEWEST_WORDS = 5
"""In a sentence that leaves out who did it; a shorter one is a scrap."""
_COLOURS = word_set("values", "colours")
_TOLD = r"(?:say|says|said|claims?|insists?|swears?|mentioned|told (?:me|us)|reminded (?:me|us)|always says)"
_REPORT = re.compile(
    r"(?:"
    r"(?:(?:yesterday|today|recently|the other day|last \w+)[, ]+)?"
    r"(?:I|we) (?:have )?(?:just |only |recently |finally )*"
    r"(?:learned|learnt|found out|heard|read|noticed|reali[sz]ed|discovered|remembered|(?:was|were|am|are|been) told)"
    r"(?: (?:today|yesterday|recently|the other day|last \w+))? that "
    r"|(?:just )?(?:remembered|reali[sz]ed|found out|heard) (?:that )?(?=(?:I|my|our|we) )"
    r"|(?:it )?turn(?:s|ed) out,?(?: that)? "
    r"|(?:I|we) (?:always |keep |often |never )*(?:forget|forgetting|forgot)(?: to (?:mention|say))? that "
    r"|you (?:will|would)(?: never| not)? (?:believe|guess) (?:it|this|what),? (?:but )?"
    r"|(?:nobody|no one|not many people|few people|hardly anyone|hardly anybody) knows?(?: it| this)?,? (?:but|that) "
    r"|believe it or not,? |I would love to,? but |(?:looks like|it looks like|seems) (?=[A-Z])"
    r"|if (?:you|anyone|anybody|somebody) (?:ever )?(?:get|need|want|come|are|go|find|arrive|look|visit)\b"
    r"[^,]{2,60}, (?=(?:my|our|the) )"
    r"|do not ask (?:me )?(?:why|how),? but "
    r"|(?:funnily|strangely|oddly|surprisingly) enough,? "
    r"|(?:funny|strange|odd|silly|sad|good|great|big|small)(?: thing| story| news)?[,:] "
    r"|(?:an? )?(?:funny|strange|odd|silly|sad|good|great|interesting) (?:thing|story|fact)[^:,]{1,40}: "
    r"|as far as I (?:know|remember),? "
    r"|(?:they|people|(?:my|our|the) [a-z]+) " + _TOLD + r" (?:that (?=\w)|(?=(?:my|our|I|the|we) ))"
    r"|(?:(?:if|when|before|in case) [^,]{4,60}?,? )?(?:please )?"
    r"(?:remember|remind me|keep in mind|do not (?:let me )?forget|never forget|note|mind)(?: please)?,? that "
    r"|(?:I|we) can (?:now |finally |safely |truly )?say (?:that )?(?=(?:my|our|I|the|we|[A-Z]))"
    r"|I (?:should|must|have to|need to|want to)(?: really)? (?:remember|note|remind you|say) that "
    r"|(?:I am|we are) (?:(?:so|very|quite|really|rather) )?"
    r"(?:glad|happy|proud|sad|sorry|pleased|lucky|surprised|certain|sure)(?: to say)? (?:that )?(?=(?:my|our|the) )"
    r"|it (?:is|was) (?:a (?:shame|pity|relief|fact)|funny|strange|nice|sad|great|lucky|good)(?: that)? "
    r"(?=(?:my|our|I|the|we) )"
    r"|(?:(?:the )?(?:funny |odd |strange |good |sad )?thing|the point|one thing you should know) is,?(?: that)? "
    r"|(?:I|we) can(?:not)? (?:finally )?believe (?:that )?(?=(?:my|our|the) )"
    r")",
    re.IGNORECASE,
)  # fmt: skip
_ANNOUNCED = re.compile(
    r"^(?!(?:my|our|the|I|we|[A-Z][a-z]+) [^:]* (?:is|are)\b)[^:]{2,40}: (?P<told>(?:my|our|the|I|we) .+)$"
)
_NO_SUBJECT = re.compile(
    r"^(?:met|saw|spent|went|got|came|could not|had|forgot|visited|bought|talked|spoke|slept|woke) [^,]{2,50}, "
    r"(?P<told>(?:my|our|the) .+)$",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r",? (?:"
    r"of all (?:things|places|people|names|colou?rs)|poor (?:thing|soul|man|woman|boy|girl|him|her|them|me)|"
    r"bless (?:him|her|them|it)|(?:can|could) you (?:believe|imagine)(?: it| that)?|would you believe(?: it)?|"
    r"lucky (?:him|her|me|us|them|you)|as (?:always|usual|ever|it happens)|thank (?:god|goodness|heavens)|"
    r"no (?:joke|kidding|wonder)|did you know(?: that)?|i (?:love|like|hate|adore) (?:it|him|her|them|that)|"
    r"what an? [a-z]+(?: [a-z]+)?|i am (?:so |very )?(?:proud|happy|glad|sad|sorry)(?: for \w+)?|at last|you see|"
    r"(?:or|otherwise) (?:else )?(?:I|we|you) would(?: have)? [^,]{2,60}|"
    r"(?:no [a-z]+|nobody|no one|nothing) (?:will|would|can|could) (?:ever )?[^,]{2,60}|"
    r"in the end|(?:and )?guess (?:who|what|where|how) [^,]{2,60}|which (?:is|was|suits?|makes?|made|i|we) [^,]{2,60}"
    r")$",
    re.IGNORECASE,
)
_JUDGED_AFTER = re.compile(
    r"(?:,(?: (?:seems|looks|sounds|tastes))?| and (?:he|she|it|they) (?:is|are|was|were)) "
    r"(?:(?:super|really|very|so|pretty|quite|absolutely) )?"
    rf"(?:{'|'.join(sorted(EVALUATIVE))})$",
    re.IGNORECASE,
)
_FRONTED = re.compile(
    r"^([A-Z][a-z]+days?|(?i:in|since|on|for|at|every|each|next|last|this|during|after|before|until) "
    r"[^,]{2,40}?(?<! my)(?<! our)(?<! the)|"
    r"[Ee]ver since (?:I|we|he|she|they) (?:was|were) [a-z]+(?: [a-z]+)?),? "
    r"((?:I|we|he|she|they|my|our|the|[A-Z][a-z]+(?:'s)?) .+)$"
)
_AS_A = re.compile(r"^as (an? [^,]{2,50}?),? (I|we) (.+)$", re.IGNORECASE)
_SPOKEN = re.compile(
    r"^(?:(?:[Ii]n|[Oo]n) (?:the )?(?P<a>[A-Z][\w' -]{1,30}?),? (?:they|people|everyone|everybody|one|locals)|"
    r"(?:[Tt]he )?(?:[Pp]eople|[Ii]nhabitants|[Ll]ocals|[Ff]olk) (?:of|in|on|from) (?:the )?"
    r"(?P<b>[A-Z][\w' -]{1,30}?)) "
    r"(?P<verb>speak|speaks|talk|pay with|pays with|pay in) (?P<value>.+)$",
)
_CLEFT = re.compile(r"^it (?:is|was) (?P<who>[^,]{2,50}?) (?:who|that) (?P<did>.+)$", re.IGNORECASE)
_ONE_WHO = re.compile(
    r"^(?:[Tt]he )?(?:[Pp]erson|[Oo]ne|[Mm]an|[Ww]oman|[Gg]uy) who (?P<did>.+) (?:is|was) "
    r"(?P<who>(?:[A-Z][\w.'-]* ?){1,4})$"
)
_IS_ONE_WHO = re.compile(r"^(?P<who>.{2,50}?) (?:is|was) (?:the one|the person|the man|the woman|who) who (?P<did>.+)$")
_THEY_SHIFTED = re.compile(
    r"^(?:they|somebody|someone) (?:have )?(?P<did>moved|shifted|postponed|rescheduled|renamed|painted|repainted) "
    r"(?P<what>(?:the|my|our) [^,]{2,40}?) (?P<to>to .+|(?:a )?[a-z]+)$",
    re.IGNORECASE,
)
_NAMED_THERE = re.compile(
    r"^(?:(?P<where>(?i:in|on|under|behind|at|near) [^,]{2,40}?),? )?(?i:there is|we have|I have) an? "
    r"(?P<what>[\w -]{2,30}?)(?: (?P<there>(?:in|on|under|behind|at|near) [^,]{2,40}?))?,? "
    r"(?:that is |which is )?(?:called|named) (?P<name>.+)$"
)
_ITS_TIME = re.compile(
    r"^it is (?P<what>(?:my|our|the) .{2,40}? ?(?:birthday|anniversary|day off|turn|wedding|\d+(?:st|nd|rd|th))) "
    r"(?P<when>(?:on|in) [^,]+)(?:, (?P<more>.+))?$",
    re.IGNORECASE,
)
_ITS_VALUE = re.compile(
    r"^(?P<who>(?:[Mm]y|[Oo]ur|[Tt]he) [a-z]+(?: [A-Z][\w-]*)?|[A-Z][\w-]*) .{2,50}?\b(?:his|her|their|its) "
    r"(?P<what>(?:[a-z]+ )?(?P<noun>[a-z]+)), it is (?P<value>[^,]{2,50})$"
)
_PAINTED = re.compile(
    r"^(?:I|we) (?:have )?(?:re)?painted (?P<what>(?:the|my|our) [^,]{2,40}?) (?P<colour>\w+)$", re.IGNORECASE
)
_NAME = r"[A-Z][\w'-]*(?: [A-Z][\w'-]*){0,2}"
_MINE = r"(?:[Mm]y|[Oo]ur) [\w' -]{2,40}"
_ROLE_NAMED = re.compile(
    rf"^(?:I|we) (?:have )?(?:see|saw|have|had|got|met|found|visit|visited|hired|go to|went to) an? (?:new )?"
    rf"(?P<what>(?:[a-z]+ )?(?:{'|'.join(sorted(PEOPLE, key=len, reverse=True))}|[a-z]+(?:ist|er|or)))\b[^,]*, "
    rf"(?P<name>(?:(?:Ms|Mr|Mrs|Dr)\.? )?{_NAME})(?:, .*)?$"
)
_ONE_THAT_I = re.compile(
    r"^(?P<what>(?:the|my|our) [\w' -]{2,30}?) (?P<so>(?:is|was|has|are|were|have) [^,]{2,40}), (?:the one|the ones) "
    r"(?:that |which )?(?P<who>I|we|my [a-z]+|our [a-z]+) (?P<did>[a-z]+)(?P<more> [^,]+)?(?:, .*)?$"
)
_NEW_VALUE = re.compile(
    r"^(?:.* )?(?:change|changed|reset|set|update|updated|forget|forgot|lose|lost|remember|remembered|pick|picked|"
    r"choose|chose|book|booked|move|moved|postponed|rescheduled|shifted|settled on|decided on)(?: up)? "
    r"(?P<what>(?:the|my|our) [\w' -]{2,40}?)"
    r"(?: (?:again|because|since|as|so|at last|finally|today|yesterday|last \w+|this \w+)\b[^,]*)?, "
    r"(?:and |so |but )?(?:now )?it is (?:now )?(?P<value>(?:on |in |at |to )?[A-Z\d][^,]{0,40}?)(?: now)?(?:, .*)?$"
)
_CODE_TO = re.compile(
    r"^(?:you|I|we|one) (?:(?:have to|has to|need to|must|only|just) )*"
    r"(?:need|needs|type|enter|punch|press|dial|use|put)(?: in)? (?P<code>\d[\w-]{2,}) "
    r"(?:to|for|at|on|in order to) (?:[a-z]+ )?(?:(?:off|on|up|into) )?(?P<what>(?:the|my|our) [\w' -]{2,40})$",
    re.IGNORECASE,
)
_USE_AS = re.compile(
    r"^(?:(?P<before>[^,]{3,60}),? (?:so|and) )?(?:please )?use (?P<value>[\w-]+) (?:as|for) (?:the|my|our) "
    r"(?P<what>[a-z]+)(?: (?:from|until|till|instead)\b.*)?$",
    re.IGNORECASE,
)
_DASHED = re.compile(r"^(?P<before>.{2,60}?)\s+[-–—]\s+(?P<inside>[^–—]{4,60}?)\s+[-–—]\s+(?P<after>.+)$")
_THAT_IS = re.compile(
    rf"^(?P<name>{_NAME})(?P<was>(?:,| ) ?[^,]{{0,60}}?)?,? (?:that|this|who|which) is "
    r"(?P<what>(?:my|our|the) [\w' -]{2,50}?)(?:, (?P<more>.+))?$"
)
_THAT_IS_AFTER = re.compile(
    rf"^(?P<before>.+ )(?P<name>{_NAME}), (?:(?:that|this|who|which) is )?"
    r"(?P<what>(?:the [\w' -]{2,30} of|(?:my|our) [a-z-]+(?: of)?)(?: [\w' -]{2,40}?)?)(?:, (?P<more>.+))?$"
)
_CALLED_LAST = re.compile(
    rf"^(?P<name>(?:(?:Ms|Mr|Mrs|Dr)\.? )?{_NAME}), (?P<who>he|she|it|they) (?P<verb>is|are) called(?:,? .*)?$"
)
_WHAT_WE_CALL = re.compile(
    r"^(?:(?P<before>.*?)[, ]+(?:to |into |in |on |from )?(?:(?:poor|good|dear|our|old) )*)??"
    rf"(?P<name>(?:the |The )?{_NAME}), (?:that|which|this) is what "
    r"(?:I|we|they|people|everyone|the (?:kids|children)|(?:my|our) [a-z]+) (?:have |had )?(?:all )?"
    r"(?:call|calls|called|name|named|nicknamed|christened) (?P<what>it|him|her|them|(?:the|my|our) [^,]{2,40}?)"
    r"(?:, (?P<more>.+))?$"
)
_NAMED_FIRST = re.compile(
    rf"^(?P<name>{_NAME}), (?P<what>{_MINE}|the [\w' -]{{2,30}}? of [\w' -]{{2,40}}), (?P<did>.+)$"
)
_NAMED_AFTER = re.compile(rf"^(?P<what>{_MINE}), (?P<name>(?:the |Dr\. |Mr\. |Mrs\. )?{_NAME}), (?P<did>.+)$")
_HE_IS = re.compile(
    rf"^(?P<who>{_MINE}|[Tt]he [\w' -]{{2,40}}), (?:he|she|it|they) "
    r"(?P<so>(?:is|are|was|were) [^,]{2,50}), (?P<did>.+)$"
)
_OF_KIND = re.compile(rf"^(?P<who>{_MINE}|[A-Z][\w'-]*), (?P<kind>an? [\w' -]{{2,50}}), (?P<did>.+)$")
_WHO_DOES = re.compile(
    rf"^(?P<before>.{{3,60}}\s)(?P<who>(?:the |my |our )?{_NAME}), (?:the one )?who (?P<did>[^,]+)(?:, .*)?$"
)

_Rule = Callable[[str], list[str] | None]


def recast(text: str) -> list[str]:
    """``text``, one tidied sentence, as the plain sentences that say the same; ``[text]`` where nothing is wrapped."""
    done: list[str] = []
    waiting = [text]
    for _ in range(_MOST_ROUNDS):
        again: list[str] = []
        for sentence in waiting:
            made = next((made for rule in _RULES if (made := rule(sentence)) is not None), None)
            if made is None:
                done.append(sentence)
            else:
                again += made
        if not (waiting := again):
            break
    return [*done, *waiting]


def _report(text: str) -> list[str] | None:
    match = _REPORT.match(text)
    left = text[match.end() :] if match else ""
    if not left and (announced := _ANNOUNCED.match(text) or _NO_SUBJECT.match(text)):
        left = announced["told"]
    return [left] if len(left.split()) > 2 and has_verb(left) else None


def _aside(text: str) -> list[str] | None:
    shorter = _JUDGED_AFTER.sub("", _ASIDE.sub("", text))
    return [shorter] if shorter != text and has_verb(shorter) else None


def _fronted(text: str) -> list[str] | None:
    if match := _SPOKEN.match(text):
        where = match["a"] or match["b"]
        what = "currency" if match["verb"].startswith("pay") else "language"
        return [f"The {what} of {where} is {match['value']}"]
    if match := _AS_A.match(text):
        am = "are" if match[2].lower() == "we" else "am"
        return [f"{match[2]} {am} {match[1]}", f"{match[2]} {match[3]}"]
    match = _FRONTED.match(text)
    if match is None or not has_verb(match[2]) or (has_verb(match[1]) and match[1][:4].lower() != "ever"):
        return None
    if match[1].split()[0].rstrip("s").endswith("day"):
        return [f"{match[2]} on {match[1]}"]
    return [f"{match[2]} {match[1][:1].lower()}{match[1][1:]}"]


def _unsaid(text: str) -> list[str] | None:
    """``Took the car to Kowalski again`` is said of oneself."""
    words = text.split()
    if len(words) > 3 and words[0].lower() == "cost" and words[1].lower() in ("me", "us"):
        return [f"It {text[:1].lower()}{text[1:]}"]
    if len(words) > 2 and words[0].lower() == "cannot":
        return [f"I {' '.join(('cannot', *words[1:]))}"]
    if len(words) > 3 and words[1] == "not" and words[0].lower() in _DENYING and reading(words[2].lower(), "base"):
        return [f"I {' '.join((words[0].lower(), *words[1:]))}"]
    if len(words) < _FEWEST_WORDS:
        return None
    at = 1 if words[0].lower() in ("finally", "just", "already", "only") else 0
    said, follows = words[at].lower(), words[at + 1].lower()
    if not reading(said, "past") or reading(said, "base") or said in ("was", "were", "did"):
        return None
    if follows not in DETERMINERS | PREPOSITIONS | _NUMBERS:
        return None
    return [f"I {' '.join((words[0].lower(), *words[1:]))}"]


def _cleft(text: str) -> list[str] | None:
    match = _CLEFT.match(text) or _ONE_WHO.match(text) or _IS_ONE_WHO.match(text)
    made = f"{match['who'].strip()} {match['did']}" if match else ""
    return [made] if made and has_verb(made) else None


def _changed(text: str) -> list[str] | None:
    """``They moved the dinner to Friday``, ``we painted the shed red``."""
    if match := _THEY_SHIFTED.match(text):
        if "paint" in match["did"]:
            return [f"{match['what']} is {match['to']}"]
        return [f"{match['what']} was {match['did'].lower()} {match['to']}"]
    if (match := _PAINTED.match(text)) and match["colour"].lower() in _COLOURS:
        return [f"{match['what']} is {match['colour']}"]
    return None


def _its(text: str) -> list[str] | None:
    """``Noor is proud of her new bike, it is green``, ``it is my turn on Monday``."""
    if (match := _ITS_VALUE.match(text)) and match["noun"] in ATTRIBUTES and match["who"].lower() not in SUBJECTS:
        return [f"{match['who']}'s {match['what']} is {match['value']}"]
    if match := _ITS_TIME.match(text):
        return [f"{match['what']} is {match['when']}", *([match["more"]] if match["more"] else [])]
    return None


def _called(text: str) -> list[str] | None:
    """``On the ridge there is a hut called Norrak``, ``I saw a new dentist, Dr. Welk``."""
    if (match := _NAMED_THERE.match(text)) and (where := match["where"] or match["there"]):
        return [f"The {match['what']} {where[:1].lower()}{where[1:]} is called {match['name']}"]
    if match := _ROLE_NAMED.match(text):
        return [f"my {match['what']} is called {match['name']}"]
    return None


def _pointed_out(text: str) -> list[str] | None:
    """``The bike is red, the one I ride``."""
    if match := _ONE_THAT_I.match(text):
        did = f"{match['who']} {match['did']} {match['what']}{match['more'] or ''}"
        return [f"{match['what']} {match['so']}", did] if has_verb(did) else None
    return None


def _in_use(text: str) -> list[str] | None:
    """``Use maple as the password``, ``I forgot my locker number, it is 88``, ``You need 4417 to open the gate``."""
    if (match := _USE_AS.match(text)) and match["what"].lower() in ATTRIBUTES:
        return [*([match["before"]] if match["before"] else []), f"The {match['what']} is {match['value']}"]
    if match := _NEW_VALUE.match(text):
        return [f"{match['what']} is {match['value']}"]
    if match := _CODE_TO.match(text):
        return [f"The code for {match['what']} is {match['code']}"]
    return None


def _dashed(text: str) -> list[str] | None:
    match = _DASHED.match(text)
    if match is None:
        return None
    if called := re.match(r"(?:that|this) is ((?:my|our|the) .+)$", match["inside"]):
        return [f"{called[1]} is called {match['before']}", f"{match['before']} {match['after']}"]
    if has_verb(match["inside"]):
        return [*_around(match["before"], match["after"]), match["inside"]]
    return [f"{match['before']}, {match['inside']}, {match['after']}"]


def _around(before: str, after: str) -> list[str]:
    """What stands on both sides of an aside; the second part of a list says of itself what the first does."""
    if has_verb(before) and after.startswith("and "):
        return [f"{' '.join(before.split()[:2])} {after[4:]}", before]
    return [f"{before} {after}"]


def _apposition(text: str) -> list[str] | None:
    """``Bram, my landlord, …``, ``… to Pellora, the capital of Ostravia``, ``Olga, that is my dog, …``."""
    if match := _CALLED_LAST.match(text):
        return [f"{match['who']} {match['verb']} called {match['name']}"]
    if match := _NAMED_FIRST.match(text):
        return [*_named(match["what"], match["name"]), f"{match['name']} {match['did']}"]
    if (match := _NAMED_AFTER.match(text)) and has_verb(f"{match['what']} {match['did']}"):
        parts = match["did"].split(", ")  # a sweet man, a terrible plumber
        while len(parts) > 1 and not has_verb(f"{match['what']} {parts[0]}"):
            parts.pop(0)
        did = ", ".join(parts)
        if _head(match["what"]) in PEOPLE | TITLES:
            return [f"{match['what']} {match['name']} {did}"]
        return [f"{match['what']} is called {match['name']}", f"{match['what']} {did}"]
    if (match := _HE_IS.match(text)) and has_verb(f"{match['who']} {match['did']}"):
        return [f"{match['who']} {match['so']}", f"{match['who']} {match['did']}"]
    if (match := _OF_KIND.match(text)) and has_verb(f"{match['who']} {match['did']}"):
        return [f"{match['who']} is {match['kind']}", f"{match['who']} {match['did']}"]
    match = _THAT_IS.match(text)
    if match and not has_verb(match["what"]) and match["name"].lower() not in SUBJECTS:
        said = f"{match['name']} {(match['was'] or '').strip(', ')}"
        more = f"{match['name']} {match['more'] or ''}".strip()
        return [*_named(match["what"], match["name"]), *(one for one in (said, more) if has_verb(one))]
    if (match := _THAT_IS_AFTER.match(text)) and _head(match["what"]) in ATTRIBUTES | PEOPLE | TITLES:
        return [f"{match['before']}{match['name']}", *_named(match["what"], match["name"])]
    match = _WHO_DOES.match(text)
    if match and has_verb(match["before"] + match["who"]) and has_verb(f"{match['who']} {match['did']}"):
        return [f"{match['before']}{match['who']}", f"{match['who']} {match['did']}"]
    return None


_SUBJECT_OF = {"it": "it is", "him": "he is", "her": "she is", "them": "they are"}


def _nicknamed(text: str) -> list[str] | None:
    """``Cluckingham, which is what we call the hen coop``; ``Tumbledown, that is what we call it, needs tyres``."""
    match = _WHAT_WE_CALL.match(text)
    if match is None:
        return None
    called = _SUBJECT_OF.get(match["what"], f"{match['what']} is")
    parts = (match["before"] or "", f"{called} called {match['name']}", f"{match['name']} {match['more'] or ''}")
    return [part for part in parts if has_verb(part)]


def _head(phrase: str) -> str:
    """The noun that ``my youngest nephew``, ``the capital of Ostravia`` are about."""
    before, _, _ = phrase.partition(" of ")
    return before.removesuffix(" of").split()[-1].lower()


def _named(what: str, name: str) -> list[str]:
    """``The capital of Ostravia is Pellora``; ``My landlord is called Bram``."""
    verb = "is" if " of " in what else "is called"
    return [f"{what} {verb} {name}"]


_RULES: tuple[_Rule, ...] = (
    _unsaid,
    _report,
    _nicknamed,
    _aside,
    _dashed,
    _cleft,
    _changed,
    _its,
    _called,
    _pointed_out,
    _in_use,
    other_words,
    _apposition,
    _fronted,
)
