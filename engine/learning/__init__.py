"""How it learns: what the user said becomes facts, facts become rows, and sleep trains on them.

From a message to a training row, in this order:

* :mod:`~engine.learning.sentences` cuts a message into clauses, :mod:`~engine.learning.screening` names why one is
not learnt;
* :mod:`~engine.learning.clauses` and :mod:`~engine.learning.entities` read a clause: about whom, which verb, what else;
* :mod:`~engine.learning.relations` says what it states, :mod:`~engine.learning.facts` puts it together;
* :mod:`~engine.learning.current` keeps what still holds, :mod:`~engine.learning.questions` asks for it in many ways;
* :mod:`~engine.learning.negatives` and :mod:`~engine.learning.generic_prompts` ask for what was never told;
* :mod:`~engine.learning.rows` makes the training rows.

All of that is plain Python and deterministic: no model writes a fact, so none can invent one.
"""
