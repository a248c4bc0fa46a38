"""The speech commands: what it says when it is asked to reflect, to argue, to imitate, and not merely to answer.

A small model given a bare instruction says little of sense. So each of these acts shows it a few examples or asks it
what it can answer, begins the sentence for it, looks at what comes before it is shown, and tries again where that is no
good. ``attempts`` speaks, ``checking`` judges, ``likelihood`` weighs what passed, ``prompting`` writes the prompts from
the examples of ``data/speech.toml``; ``leads`` begins the answer to a question, ``claims`` the arguments of a debate,
``writing`` a list, a poem or a story; each act has a file of its own name. What was not shown leaves no mark, and
nothing of what was shown is ever learned from, what ``generate`` was asked excepted.
"""


class NothingToSay(Exception):
    """The act is not possible as things stand; the text is one clear line, and nothing was changed."""


class Interrupted(Exception):
    """The user stopped it before a word was shown; nothing was changed."""
