"""Small states that evolve: confidence, temperament, lifecycle. Plain numbers, no models, no files.

Each module holds the rules as pure functions and one small state that applies them. States give themselves as a
JSON-ready ``to_dict`` and come back by ``from_dict``, which raises :class:`ValueError` with one line on what is wrong.
"""
