"""Paths into JSON documents, in the dialect of gjson 1.18: what ``remoteRef.property`` is written in.

Keys with dots between them, ``*`` and ``?``, array indexes, ``#``, queries ``#(zone=="a")#``, pipes, modifiers such as
``@reverse``, selections ``{a,b}`` and ``[a,b]``, literals ``!"x"``, JSON lines ``..0``. Documents are read leniently
and as text: values keep their source text, only numbers that are no integers are printed anew.

Work is bounded; ValueError says when a path asks for too much of it. That is not absence.

How it is made: ``evaluate`` turns by turn applies what stands at the front of a path, ``walk`` follows the steps that
``steps`` takes the path apart into, ``scan`` finds values in the text.

Source: gjson 1.18, match 1.1 and pretty 1.2 as used by the reference (external-secrets 2.9.0).
"""

from esoctl.plan.jsonpath import literal
from esoctl.plan.jsonpath.budget import MAX_PATH, Budget
from esoctl.plan.jsonpath.evaluate import Evaluation
from esoctl.plan.jsonpath.values import Value, span


def get(document: bytes, path: str) -> bytes | None:
    """The value the path leads to, None when it does not exist; null exists and is empty."""
    return _rendered(Evaluation(Budget()).get(span(document), _encoded(path)))


def get_property(document: bytes, name: str) -> bytes | None:
    """The value of a property: of the key of that name if it has dots, else of the path it is."""
    return _rendered(literal.look_up(span(document), _encoded(name), Budget()))


def _encoded(path: str) -> bytes:
    encoded = path.encode("utf-8", "surrogatepass")
    if len(encoded) > MAX_PATH:
        raise ValueError(f"the path has {len(encoded)} bytes but at most {MAX_PATH} are looked up")
    return encoded


def _rendered(value: Value) -> bytes | None:
    return value.render() if value.exists else None
