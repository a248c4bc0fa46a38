"""From a clause to what it states; see :mod:`engine.learning.being` and :mod:`engine.learning.doing`."""

from __future__ import annotations

from engine.learning import screening
from engine.learning.being import of_being
from engine.learning.clauses import Clause
from engine.learning.doing import of_doing
from engine.learning.entities import Entity, owned, read_entity
from engine.learning.statement import Statement, has_content


def state(clause: Clause) -> list[Statement] | str:
    """What ``clause`` states (usually one thing), or the reason why it states nothing that can be learnt."""
    entity = read_entity(list(clause.subject))
    if entity is None:
        return screening.UNCLEAR
    if clause.subject[0].lower() in ("you", "your", "this", "that", "these", "those", "it", "there"):
        return screening.UNCLEAR
    found = of_being(clause, entity) if clause.verb == "be" else of_doing(clause, entity)
    if isinstance(found, str):
        return found
    good = [statement for statement in found if has_content(statement)]
    return good or screening.UNCLEAR


def introduced(statement: Statement) -> Entity | None:
    """Whom a later *he*, *she*, *it* or *they* means: the one spoken of, or whom the user has just brought up."""
    if not statement.entity.first_person:
        return statement.entity
    if statement.relation in ("has", "has_pet", "makes", "bought", "drives") and (
        noun := read_entity(statement.value.split())
    ):
        return owned(noun, statement.entity.possessive)
    mentioned = read_entity((statement.other or statement.value).split())
    return mentioned if mentioned and (mentioned.name or mentioned.owner in ("my", "our")) else None
