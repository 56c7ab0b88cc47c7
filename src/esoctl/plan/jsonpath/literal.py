"""Properties with dots: first one key of that name, then a path.

The rule escapes every dot, looks that up, and takes the property as a path when there is nothing.

DIFFERS: inside of a selection the reference does so too, but for the selection as a whole: ``{user.name,port}`` exists
already with its dots escaped, as an object without the first member, so that member is silently lost. Here each
member follows the rule by itself, and a member with dots that is found in neither way makes the whole not exist.

Source: the reference's AWS provider, ``GetSecret`` (external-secrets 2.9.0).
"""

from esoctl.plan.jsonpath.budget import Budget
from esoctl.plan.jsonpath.evaluate import Evaluation
from esoctl.plan.jsonpath.selection import Member
from esoctl.plan.jsonpath.values import Span, Value


class _MissingMember(Exception):
    """A member of a selection is in the document neither as a key nor as a path."""


def look_up(within: Span, path: bytes, budget: Budget) -> Value:
    """What the property leads to; a value that does not exist when it leads nowhere."""
    try:
        return _look_up(within, path, budget)[0]
    except _MissingMember:
        return Value()


def _look_up(within: Span, path: bytes, budget: Budget) -> tuple[Value, bytes]:
    """What the property leads to, and the path, with or without escaped dots, that led there."""
    if b"." in path:
        literal = path.replace(b".", b"\\.")
        evaluation = Evaluation(budget)
        found = evaluation.get(within, literal)
        if found.exists and evaluation.lost:
            return _EachMember(budget).get(within, path), path
        if found.exists:
            return found, literal
    return Evaluation(budget).get(within, path), path


class _EachMember(Evaluation):
    """Evaluates paths whose selections follow the rule member by member."""

    def member(self, within: Span, member: Member) -> tuple[Value, bytes]:
        with self.budget:
            found, path = _look_up(within, member.path, self.budget)
        if not found.exists and b"." in member.path:
            raise _MissingMember
        return found, path
