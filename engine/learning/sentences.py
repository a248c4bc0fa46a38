"""Cut what the user wrote into sentences, and tidy each: lead-ins, tags, contractions, missing capitals.

``oh btw my cats name is mirtle lol`` and ``By the way, my cat's name is Mirtle.`` say the same thing; after this they
nearly look the same. All patterns are anchored or run over text of bounded length, so no input makes them slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.learning.verb_forms import reading
from engine.learning.word_lists import ATTRIBUTES, listed

_END = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\s+[:;]['-]?[()DPp/](?:\s+|$)|\n\s*")
_ASKED_AFTER = re.compile(
    r"(?:, (?:(?:so|and|but) )?| (?:so|but) )(?=(?:any (?:tips|ideas?|advice|chance|thoughts|suggestions)\b|"
    r"what|which|who|where|when|how|why|"
    r"(?:can|could|do|does|did|is|are|should|would|will|have|has|may) \w+ \w+ \w)[^?]{4,}\?$)"
)
"""Between what is told and a question that follows in the same breath: ``We are hosting a student, so any tips …?``."""
_EXCEPT = re.compile(r",? except (?:that )?(?=(?:I|we|my|our)\b)")
_FEWEST_TOLD = 5
"""Words before such a question or exception."""
_ABBREVIATION = re.compile(r"\b(?:dr|mr|mrs|ms|prof|st|no|nr|e\.g|i\.e|vs|jr|sr|approx|[a-z])\.$", re.IGNORECASE)
_CORRECTION = re.compile(
    r"(?:no|nope|nah|wrong|(?:a )?(?:small )?correction|sorry|actually|update|oops|wait|hold on|"
    r"my (?:mistake|bad|error)|not quite|"
    r"(?:i (?:was (?:wrong|mistaken)|got (?:it|that) wrong|misspoke|misremembered|(?:made|did) a mistake|lied)|"
    r"you(?:'re| are) wrong)(?: (?:before|earlier|there|then|back then|about (?:it|that)))?|"
    r"(?:that|this|it)(?:'s| is| was) (?:wrong|not right|not correct|incorrect|not true|"
    r"no longer (?:true|right|correct|so|the case)|not (?:true|right|so) any ?more|out of date|outdated)|"
    r"(?:that|this|it|things|something|plans)(?:'s| is| has| have)? (?:just |now )?changed(?: now| since| meanwhile)?|"
    r"(?:a )?(?:small )?change of plans?|on second thoughts?|(?:scratch|forget|ignore|strike) that|"
    r"(?:scratch|forget|ignore|never mind) what i (?:said|told you)(?: before| earlier)?|i stand corrected|"
    r"i mean|(?:let me|i (?:have|need|must) to|i must) correct (?:that|myself|you|something)|in truth|rather)"
    r"(?:\s*[,:;.!—–-]+\s*|\s+(?=(?:i|my|our|the|it|we|he|she|they|his|her|its|that)\b))|"
    r"i meant (?:to (?:say|write) )?(?:that )?(?=\S)",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"(?:(?:please\s+)?(?:remember|note|know|keep in mind|bear in mind|do not forget|don't forget|be aware|"
    r"make a note|learn|memori[sz]e|write down)\s+(?:this|the following|that|:)\s*[,:]?\s*)"
    r"|(?:(?:oh|ah|ugh|argh|wow|phew|yay|hm+|um+|uh|well|so|ok(?:ay)?|hey|hi|yes|yeah|yep|and|also|but|btw|b\.t\.w\.|fyi|anyway|"
    r"besides|plus|hi there|"
    r"hey there|by the way|for the record|heads up|for your information|just so you know|"
    r"in case you (?:wonder|wondered|are wondering|"
    r"need it|did not know)|(?:if|in case) (?:any(?:one|body)|some(?:one|body)) asks|"
    r"guess what|you know what|you know|as you (?:may )?know|in fact|to be honest|honestly|nb|ps|p\.s\.|"
    r"one more thing|another thing|"
    r"first of all|of course|speaking of which|to be precise|more precisely|in other words|remember|reminder|"
    r"note to self|"
    r"thank (?:god|goodness|heavens)|good thing|"
    r"please note|unfortunately|luckily|sadly|by now|these days|nowadays|currently|at present|today i learned)"
    r"(?:\s*[,:;.!—–-]+\s*|\s+(?=\w)))"
    r"|(?:sorry (?:for|about) [^,.!]{2,40},\s*)"
    r"|(?:(?:looks|sounds|seems) (?:great|good|fine|lovely|nice)[,!]? (?:but |and )?(?=\w+ \w+ \w))"
    r"|(?:(?:hello|ha|right|sure|thanks|thank you|great|cool|nice|good morning|good evening|fun fact|important|"
    r"note|listen|look|first|"
    r"second|secondly|next|then|finally|about me|attention|hello there|good to know|sovl)\s*[,:;.!—–-]+\s*)"
    r"|(?:i (?:just |also |only )?(?:want|wanted|would like|wish|need) (?:you )?to (?:know|remember|learn|"
    r"tell you|say|mention|add|let you know)"
    r"(?: that|:|,)?\s+)"
    r"|(?:(?:you should|you need to|you may want to|you might want to|you ought to|you have to|you must) (?:also )?"
    r"(?:know|remember|note)(?: that|:|,)?\s+)"
    r"|(?:(?:let me|i should|i must|i have to|i can|i may|i will|i'll) (?:also )?(?:tell you|mention|add|say|"
    r"let you know|inform you)"
    r"(?: that|:|,)?\s+)"
    r"|(?:i (?:have )?(?:already |just )?told you (?:before |already )?(?:that )?(?=\S+ \S+ \S))"
    r"|(?:(?:i )?(?:forgot|neglected) to (?:mention|say|tell you|add)(?: that|:|,)?\s+)"
    r"|(?:did (?:i|you) (?:ever )?(?:mention|know|see|hear|tell you)(?: that)?\s+(?=[^?]{8,}$))"
    r"|(?:(?:it is|it's) (?:true|a fact|important|worth knowing) that\s+)"
    r"|(?:(?:the (?:truth|fact|thing) is|fact is|truth is)(?: that|:|,)\s*)",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"(?:[,;—–-]*\s+(?:by the way|btw|you know|just so you know|fyi|actually|in fact|if you (?:want|wanted|need|"
    r"must|like) to know|"
    r"if you are interested|lol|haha+|hehe+|though|too|as well|of course|honestly|to be honest|remember that|"
    r"please remember|"
    r"in case it matters|if it matters|go figure|so far|sadly|unfortunately|luckily|alas|"
    r"please|ok|okay|thanks|thank you|for your information|in case you (?:need it|wonder|wondered|did not know)|"
    r"now|i told you|"
    r"so you know|yay|sorry|after all|anyway|at the moment|these days|nowadays|currently)"
    r"|\s*(?:[:;]-?[()DPp]|<3|xD|\^\^|[\U0001F300-\U0001FAFF☀-➿️]+))\s*[.!]*$",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r",? \(([A-Z][^()]{2,80})\),?(?= )")
"""A name put in brackets, which says what one between commas does."""
_PUT_IN = re.compile(
    r",? [(–-]?(?:can you believe (?:it|that)|would you believe(?: it)?|believe it or not|mind you|I tell you|you know|"
    r"by the way|btw|fyi|(?:and )?(?:yep|yes|yeah|yay)|poor (?:old )?(?:thing|him|her|soul)|"
    r"bless (?:him|her|them|it)|to be fair|of all (?:things|places|people))"
    r"[)–-]?(?=,)",
    re.IGNORECASE,
)
"""An aside between commas."""
_SMALL = re.compile(r"\s*[,:;—–-]*\s*$")


def _had_or_would(contracted: re.Match[str]) -> str:
    """``I'd`` as *I had* before a participle that is no base form (``I'd really wanted``), else as *I would*."""
    follows = contracted.string[contracted.end() :].split()[:2]
    adverb = len(follows) > 1 and not reading(follows[0], "base", "participle")
    word = follows[adverb].strip(".,;!?")
    had = reading(word, "participle") and not reading(word, "base")
    return f"{contracted[1]} {'had' if had else 'would'}"


_CONTRACTED: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\b([Ii])['’]?m\b"), "I am"),
    (re.compile(r"\bi['’](ve|ll|d)\b", re.IGNORECASE), r"I'\1"),
    (re.compile(r"\b(\w+)['’]ve\b"), r"\1 have"),
    (re.compile(r"\b(\w+)['’]re\b"), r"\1 are"),
    (re.compile(r"\b(\w+)['’]ll\b"), r"\1 will"),
    (re.compile(r"\b(I|you|he|she|we|they)['’]d\b(?= (?:better|been|had))", re.IGNORECASE), r"\1 had"),
    (re.compile(r"\b(I|you|he|she|we|they)['’]d\b(?= (?:\w+ )?(\w+))", re.IGNORECASE), _had_or_would),
    (re.compile(r"\b(I|you|he|she|we|they)['’]d\b", re.IGNORECASE), r"\1 would"),
    (re.compile(r"\bcan['’]?t\b|\bcan not\b", re.IGNORECASE), "cannot"),
    (re.compile(r"\bwon['’]t\b", re.IGNORECASE), "will not"),
    (
        re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|should|would|could|must)n['’]?t\b", re.IGNORECASE),
        r"\1 not",
    ),
    (re.compile(r"\b[Ii]ve\b"), "I have"),
    (re.compile(r"\b(mother|father|brother|sister|son|daughter)(s?) in law\b"), r"\1\2-in-law"),
    (re.compile(r"\b([A-Za-z][\w-]*)['’]s (got|been)\b"), r"\1 has \2"),
    (re.compile(r"\b(he|she|it|that|there|here|who|what|where)['’]?s (?=(?:got|been)\b)", re.IGNORECASE), r"\1 has "),
    (re.compile(r"\b(he|she|it|that|there|here|who|what|where|name)['’]s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\b(shes|hes|thats|whats|theres)\b", re.IGNORECASE), r"\1"),
    (re.compile(r"\bi\b"), "I"),
]
_KIN = "mum|mom|mummy|mommy|dad|daddy|gran|granny|grandma|granddad|grandad|grandpa|nan|nana"
_OWN_KIN = re.compile(
    rf"(?:^|(?<=\bat )|(?<=\bto )|(?<=\bwith )|(?<=\bfrom )|(?<=\bfor )|(?<=\band )|(?<=ing ))(?:{_KIN})(?=(?:'s)?\b)"
    rf"|(?<![\w'-])(?:{_KIN.title()})(?=(?:'s)?\b)"
)
"""``Mum`` as a name of one's own: in capitals, at the very start, or where a noun would have an article."""
_NOT_OWN = frozenset(
    {"my", "our", "your", "his", "her", "their", "the", "a", "an", "this", "that", "called", "named", "is", "of"}
)
_RUN_TOGETHER = {"shes": "she is", "hes": "he is", "thats": "that is", "whats": "what is", "theres": "there is"}
_IS_NEXT = (
    r"called|named|afraid|scared|allergic|born|married|engaged|from|in|on|at|under|behind|a|an|the|not|about|made|"
    r"turning|actually|really|set|"
    r"(?:her|his|their) (?:\w+ )?favou?rite|(?:Dr|Mr|Mrs|Ms)\.? [A-Z]\w+|stuck|broken|gone|dead|lost|"
    r"going|coming|living|working|learning|studying|moving|getting|due|made|located|worth|now|always|still|"
    r"\d+ years?|my|our|at it|off to|"
    r"[a-z]+ing (?:me|us|him|them|it)|[a-z]+(?:ed|en)(?=[,.;!]|$| (?:from|by|with|about|out|off|and|but)\b)"
)
_S_IS = re.compile(rf"\b([A-Za-z][\w-]*)['’]s (?=(?:{_IS_NEXT})\b)")
_ATTRIBUTE_IS = re.compile(
    r"\b(password|passcode|code|pin|number|name|address|email|capital|birthday)['’]s (?=[\w.@-]+(?:,|$| now\b))",
    re.IGNORECASE,
)
_AT_WHOSE = re.compile(
    r"\b(?:at|to|from|near|with) (?:my |our |the |his |her )?(?:(?:aunt|auntie|uncle|cousin|granny) )?$",
    re.IGNORECASE,
)
"""Before a possessive that stands for somebody's home: ``at my uncle's in Krems``."""
_CALENDAR = re.compile(
    r"\b("
    + "|".join((*listed("values", "months"), *listed("values", "days"))).replace("March|", "").replace("May|", "")
    + r")(s?)\b",
    re.IGNORECASE,
)
_MARCH_MAY = re.compile(
    r"(?<=in )(?:march|may)\b(?! i)|\b(?:march|may)\b(?= \d)|(?<=\d )(?:march|may)\b|(?<=of )(?:march|may)\b"
)
_MISSING_APOSTROPHE = re.compile(
    r"\b((?:[Mm]y|[Oo]ur|[Hh]is|[Hh]er|[Tt]he) (?:\w+ )?[a-z]+)s "
    r"(?=(?:" + "|".join(sorted(ATTRIBUTES, key=len, reverse=True)) + r"|favou?rite)\b.{0,40}?\b(?:is|was|are)\b)"
)


@dataclass(frozen=True, slots=True)
class Tidied:
    """One sentence without its trimmings."""

    text: str
    """Without lead-ins, tags and the full stop; contractions written out."""
    correction: bool
    """Whether it began as a correction: ``No, …``, ``Actually, …``, ``I was wrong: …``."""
    question: bool
    """Whether it ended in a question mark."""


_THEN_IT_IS = re.compile(
    r"\b((?:moved|changed|postponed|rescheduled|shifted|reset) (?:the|my|our) [\w'-]+(?: [\w'-]+){0,4})[.!]+ "
    r"(?=it(?:['’]s| is) )",
    re.IGNORECASE,
)


def sentences(text: str) -> list[str]:
    """``text`` cut at sentence ends and line breaks; ``Dr. Quandt`` stays together, as does ``They moved the dinner. It
    is on Friday``.
    """
    text = _THEN_IT_IS.sub(r"\1, ", text)
    pieces: list[str] = []
    start = 0
    for match in _END.finditer(text):
        piece = text[start : match.start()]
        if "\n" not in match.group() and _ABBREVIATION.search(piece[-8:]):
            continue
        pieces.append(piece)
        start = match.end()
    pieces.append(text[start:])
    return [part.strip() for piece in pieces for part in _in_one_breath(piece) if part.strip()]


def _in_one_breath(piece: str) -> list[str]:
    """A statement and what is asked, or excepted, after it."""
    for pattern in (_ASKED_AFTER, _EXCEPT):
        match = pattern.search(piece)
        if match and len(piece[: match.start()].split()) >= _FEWEST_TOLD:
            return [piece[: match.start()], piece[match.end() :]]
    return [piece]


def written_out(text: str) -> str:
    """Contractions and run-together forms written out: ``my dog's called Rex`` → ``my dog is called Rex``."""
    text = text.replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    for pattern, full in _CONTRACTED:
        text = pattern.sub(full, text)
    text = re.sub(r"\b\w+\b", lambda word: _RUN_TOGETHER.get(word.group().lower(), word.group()), text)
    text = _S_IS.sub(lambda m: m[0] if _AT_WHOSE.search(text[: m.start()]) else f"{m[1]} is ", text)
    text = _ATTRIBUTE_IS.sub(r"\1 is ", text)
    text = _OWN_KIN.sub(_my_kin, text)
    text = _MISSING_APOSTROPHE.sub(r"\1's ", text)
    text = _MARCH_MAY.sub(lambda month: month.group().capitalize(), text)
    return _CALENDAR.sub(lambda day: day[1].capitalize() + day[2].lower(), text)


def _my_kin(kin: re.Match[str]) -> str:
    before = kin.string[: kin.start()].lower().split()[-1:]
    mine = not before or not (before[0] in _NOT_OWN or before[0].endswith("'s"))
    return f"my {kin[0].lower()}" if mine else kin[0]


def tidy(sentence: str) -> Tidied:
    """One sentence made plain; see :class:`Tidied`."""
    text = " ".join(written_out(sentence).split()).lstrip("-*•–—> ").strip()
    question = text.rstrip("\"')!. ").endswith("?")
    correction = False
    for _ in range(6):
        before = text
        if match := _CORRECTION.match(text):
            correction = True
            text = text[match.end() :]
        elif match := _LEAD_IN.match(text):
            text = text[match.end() :]
        if text == before:
            break
    if correction and re.match(r"(?:i|we) also\b|also\b", text, re.IGNORECASE):
        correction = False
    text = _BRACKETS.sub(r", \1,", text)
    text = _PUT_IN.sub("", text)
    for _ in range(3):
        shorter = _TAG.sub("", text)
        if shorter == text or not shorter.strip():
            break
        text = shorter
    text = _SMALL.sub("", text.rstrip(" .!…\"'")) if not text.endswith(("jr.", "Jr.")) else text
    return Tidied(text.strip(" \"'"), correction, question)
