"""What is not learnt, and why: the named reasons that the user sees beside a message that taught nothing.

A sentence is screened before anybody tries to read a fact in it. The order matters: an instruction to the model is
refused as an instruction even when it also looks like a statement (``Your name is now Bob``).
"""

from __future__ import annotations

import re

from engine.learning.word_lists import EVALUATIVE, FEELINGS, word_set

EMPTY = "nothing was said"
TOO_LONG = "too long: a fact is one short sentence"
TOO_SHORT = "too short to say something"
CODE = "code or data, not a statement"
QUOTE = "a quotation or role play"
FOREIGN = "not English: say it in English and it can be learnt"
QUESTION = "a question"
REQUEST = "a request"
INSTRUCTION = "an instruction to me: I learn facts, not orders"
ABOUT_ME = "about me, not about you or the world"
UNSURE = "not certain: a wish, a guess or a condition"
MOMENT = "a feeling or a thing of the moment"
CHIT_CHAT = "small talk"
OPINION = "an opinion without a fact in it"
NEGATION = "it says what is not: say what is"
UNCLEAR = "it is not clear who or what is meant: name it"
NO_FACT = "no fact was found in it"

LONGEST_SENTENCE = 240
"""Characters; a longer sentence is not one fact."""

_ENGLISH = word_set("grammar", "english")
_FOREIGN = word_set("grammar", "foreign")
_CODE = re.compile(
    r"```|[{}<>]\s*[{}<>;]|;\s*$|^\s*(?:def|class|import|from \w+ import|SELECT|\$|>>>|#include|http)\b|"
    r"=>|==|\w\((?:\)|[\"'])|\w+\[\d+\]|</"
)
_QUESTION = re.compile(
    r"(?:what|which|who|whom|whose|where|when|why|how)\b|"
    r"(?:do|does|did|is|are|was|were|am|can|could|will|would|should|shall|may|has|have|had) "
    r"(?:i|you|he|she|it|we|they|my|your|the|a|an|this|that|there|anyone|our|his|her|not)\b|any (?:idea|"
    r"chance)\b|what's\b",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"(?:from now on|from this (?:moment|point|day) on|henceforth|always\b|never\b(?! been)|"
    r"whenever\b(?! (?:i|we) (?:am|are|go|visit|stay)\b)|"
    r"every time (?:i|someone)|"
    r"ignore\b|disregard\b|forget (?:all|every|your|what|about|the|previous)|pretend\b|act (?:as|like)\b|"
    r"behave\b|roleplay|"
    r"you (?:must|should|shall|will|are to|have to|need to|can only|are now|are going to|always|never|"
    r"may (?:not|only))\b|"
    r"your (?:new )?(?:name|role|task|job|instructions?|rules?|system prompt|answer|purpose) (?:is|are|will)\b|"
    r"(?:if|when) (?:i|someone|anyone|anybody|asked|you)\b.{0,60}\b(?:say|answer|reply|respond|tell|write|use|"
    r"repeat)\b|"
    r"(?:only|just) (?:answer|reply|respond|say|speak)|"
    r"(?:answer|reply|respond|speak|talk) (?:only|always|to|in|with|like|as)\b|(?:do not|don't) (?:ever |say|"
    r"answer|tell|use|mention|talk|reply|respond)|"
    r"stop (?:saying|using|answering)|i (?:want|need|order|command|would like) you\b|new rule\b|system\s*:|"
    r"assistant\s*:|be (?:more|less|brief|kind|polite|honest|nice|concise)\b)",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"(?:please\b|(?:can|could|would|will) you\b|tell|write|give|show|explain|list|describe|translate|help|make|"
    r"calculate|compute|define|"
    r"summari[sz]e|let's|let us|stop|try|say|repeat|imagine|sing|draw|find|look|guess|generate|create|read|"
    r"check|continue|"
    r"go on|wait|compare|suggest|recommend|convert|solve|fix|correct|remind|answer|think|consider|suppose|"
    r"choose|pick|count|"
    r"spell|play|open|start|run|save|load|delete|remember|name|rewrite|paraphrase|search|add|wake|sleep|dream|"
    r"come|get|take|bring|"
    r"send|call|ask|do|leave|turn|put|use|set|keep|note|talk|speak|discuss|listen|rate|finish|complete|print|"
    r"i (?:need|want|would like|'d like) "
    r"(?:help|advice|some|an? (?:answer|idea|recipe|joke|poem|story|hand)|to (?:know|ask|hear|learn|understand|"
    r"see)))\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:maybe|perhaps|probably|possibly|might|supposedly|allegedly|presumably|i (?:think|guess|suppose|"
    r"believe|assume|doubt|wonder|bet|wish|hope|feel like)|"
    r"i am (?:not sure|guessing|thinking)|would|could have|as if|what if|imagine|in theory|hypothetically|"
    r"apparently|i do not know|not sure|"
    r"someday|one day i)\b|^(?:if|unless|assuming|suppose|let us say|say)\b",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"^(?:it|this|that|the weather|today|tonight|tomorrow|the sun|the rain|the sky|everything|nothing|something) "
    r"(?:is|was|has been|looks|feels|seems|sounds|will be|rained|snowed|makes|hurts|works|helps|helped|worked|"
    r"did|does|had)\b|"
    r"^(?:i|we) (?:had|have had|am having|are having) (?:a |an )?(?:very |really |so )?(?:long|hard|bad|good|"
    r"great|nice|terrible|busy|stressful|awful|lovely|fun|rough) "
    r"(?:day|night|week|time|morning|evening|weekend|dream|sleep|lunch|dinner|breakfast)|"
    r"^i (?:feel|felt|am feeling)\b|^i have (?:a question|an idea|no idea|to go|another question|a problem|"
    r"a headache|a cold|time)\b|"
    r"^(?:i|we) (?:am|are) (?:(?:already|still|now|all) )?(?:locked|stuck|lost|late|ready|done|finished|here|back|home|"
    r"awake|soaked|broke|out|outside)(?: (?:out|in|again|now|here))?$|"
    r"^i am (?:going to (?:bed|sleep)|off to|about to|on my way|just |back\b|bored|trying to|looking forward|"
    r"writing to you|talking to)|"
    r"\b(?:right now|at the moment|just now|tonight|in a minute|in a moment|later today|this (?:morning|"
    r"afternoon|evening))\b",
    re.IGNORECASE,
)
_MORE_THAN_A_MOMENT = re.compile(r"\d{2}|^(?:it|that|this) (?:is|was) (?:on|in|at|called|named|my|our) ", re.IGNORECASE)
_PASSING = re.compile(
    r"(?:has|have) been (?:moved|changed|updated|rescheduled|shifted|cancelled)$|"
    r"^(?:i|we) (?:have )?just (?:came|got|had|finished|saw|went|ate|made|woke|heard|read|left|arrived)\b|"
    r"^(?:i|we) (?:should really|could do with|ought to)\b|"
    r"^(?:i|we) have (?:nothing\b|(?:a lot|plenty|so much|too much) to\b)|"
    r"^(?:(?:the|my|our|a|an) )?(?:(?:cold|warm|evening|morning|night|whole) )?"
    r"(?:wind|rain|snow|sun|sky|air|coffee|tea|kettle|soup|bus|train|tram|traffic|internet|wifi|connection|queue|"
    r"shop) (?:is|are|was|were|has|have|had) "
    r"(?!called|named|always|usually|never|(?:(?:on|in|at|from|to|near|behind) ))|"
    r"\b(?:am|is|are|was|were) (?:getting|turning|blowing|falling|raining|snowing|waiting|sitting|standing|lying|"
    r"looking|going|coming|having|making|boiling|ringing|shining|barking|humming|singing)\b"
    r"(?!.*\b(?:every|each|on|in|since|next|at|from|to)\b)",
    re.IGNORECASE,
)
_INDEFINITE = re.compile(
    r"(?:some(?:body|one|thing)|every(?:body|one|thing)|any(?:body|one|thing)|nobody|nothing|"
    r"some (?:days?|people|things?))\b|.*\b(?:this|that|it) (?:is|was)$",
    re.IGNORECASE,
)
_CHIT_CHAT = re.compile(
    r"(?:hi|hello|hey|good (?:morning|evening|night|afternoon|day)|bye|goodbye|see you|thanks?|thank you|thx|"
    r"nice|cool|great|ok(?:ay)?|"
    r"wow|lol|haha+|sure|yes|no|yep|nope|yeah|nah|welcome|cheers|congratulations|sorry|oops|of course|exactly|"
    r"right|indeed|"
    r"interesting|awesome|perfect|fine|good|well done|good job|never mind|no problem|no worries|you're welcome|"
    r"same here|me too|"
    r"not really|not yet|hmm+|i see|i understand|i agree|i disagree|got it|that is all|nothing|nothing much|"
    r"see you later|take care|"
    r"happy birthday|merry christmas|my pleasure|good luck|have a (?:good|nice|great) \w+|sleep well|sweet dreams|"
    r"that makes sense|sounds good|long time no see|what a \w+(?: \w+)?|how (?:nice|cool|funny|sad|interesting)|"
    r"good (?:idea|point|question|answer))"
    r"(?:[\s,!.]+(?:sovl|there|you|again|friend|buddy|then|everyone|all|everybody|very much|so much|a lot|"
    r"for (?:that|the help|your help|everything|now)|to you))*",
    re.IGNORECASE,
)
_STATE = re.compile(
    r"^(?:i|we) (?:am|are|was|were|feel) (?:a bit |a little |very |so |really |quite |too |pretty |not |just |"
    r"now |all |already |still |not very |kind of )*(.+)$",
    re.IGNORECASE,
)
_JUDGED = re.compile(
    r"^(.+?) (?:is|are|was|were|looks?|sounds?|seems?) (?:a bit |very |so |really |quite |too |pretty |just |"
    r"not |more |the |absolutely |simply )*([a-z]+)(?: (?:too|now|again|to me|in my opinion|for me|today))*$",
    re.IGNORECASE,
)


def _foreign(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return False
    if sum(ord(letter) > 0x24F for letter in letters) * 2 > len(letters):
        return True
    words = re.findall(r"[^\W\d_]+", text.lower())
    strange = sum(word in _FOREIGN for word in words)
    return strange >= 2 and strange > sum(word in _ENGLISH for word in words)


def raw_reason(sentence: str) -> str | None:
    """Why ``sentence``, as it was typed, cannot be a fact; None when it may be one."""
    if not any(letter.isalnum() for letter in sentence):
        return EMPTY
    if len(sentence) > LONGEST_SENTENCE:
        return TOO_LONG
    if _CODE.search(sentence):
        return CODE
    if (sentence[0] in "\"“'‘«>*(" and sentence.rstrip(".!?…")[-1:] in "\"”'’»*)") or sentence[0] in ">*":
        return QUOTE
    return FOREIGN if _foreign(sentence) else None


def reason(text: str, question: bool) -> str | None:
    """Why the tidied sentence ``text`` is not learnt; None when it may state a fact."""
    if _CHIT_CHAT.fullmatch(text):
        return CHIT_CHAT
    if _INSTRUCTION.match(text):
        return INSTRUCTION
    if question or _QUESTION.match(text):
        return QUESTION
    if _REQUEST.match(text) and not re.match(r"call me \w|name day|put\b.*\bis\b", text, re.IGNORECASE):
        return REQUEST
    if re.match(r"(?:you|your|yours|sovl)\b", text, re.IGNORECASE):
        return ABOUT_ME
    if len(text.split()) < 2:
        return TOO_SHORT
    if _UNSURE.search(text):
        return UNSURE
    if _MOMENT.search(text) and not _MORE_THAN_A_MOMENT.search(text):
        return MOMENT
    if _PASSING.search(text) and not re.search(r"\d", text):
        return MOMENT
    if _INDEFINITE.match(text):
        return UNCLEAR
    if (state := _STATE.match(text)) and all(part in FEELINGS for part in re.split(r", | and ", state[1].lower())):
        return MOMENT
    if (judged := _JUDGED.match(text)) and judged[2].lower() in EVALUATIVE and " name" not in judged[1]:
        return OPINION
    return None
