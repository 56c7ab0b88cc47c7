"""Hypothesis strategies for whole ExternalSecrets, stores and generators, and for the values they fetch.

Specs are walked out of the definitions in ``crds``, which are made from the model: a field that is added there is
generated here from that moment on. What makes a field interesting is in ``spec_pools``. Each
spec has its own share of wrong parts, often none: so many get through the first checks, and few of them are sane.

``MARK`` is in every value and in no spec: where it shows up, a value has leaked.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from hypothesis import strategies as st

from esoctl.crds.generate import all_crds
from support.spec_pools import (
    CURIOUS,
    FOREIGN,
    HOSTILE,
    KEYS,
    LONGEST,
    MAP_KEYS,
    MARK,
    NUMBER,
    POOLS,
    PRESENT,
    WRONG,
)

Draw = Callable[[st.SearchStrategy[Any]], Any]
Json = Any

_PLAIN_FORMS = (MARK.lower(), NUMBER)
_ENCODED = tuple(base64.b64encode(b"." * shift + MARK.encode())[4:16].decode() for shift in range(3))
_UNKNOWN = "unexpected"
_PERCENT = st.integers(0, 99)


def leaks(text: str) -> list[str]:
    """The parts of values in a text."""
    lowered = text.lower()
    return [form for form in _PLAIN_FORMS if form in lowered] + [form for form in _ENCODED if form in text]


def external_secrets(odd: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Json]:
    """``spec`` of an ExternalSecret; ``odd`` is the share of its parts that are not as they should be, in percent."""
    return _objects("ExternalSecret", odd)


def stores(kind: str = "SecretStore", odd: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Json]:
    """``spec`` of a SecretStore or ClusterSecretStore."""
    return _objects(kind, odd)


def generators(kind: str, odd: st.SearchStrategy[int] | None = None) -> st.SearchStrategy[Json]:
    """``spec`` of a generator."""
    return _objects(kind, odd)


class Value(bytes):
    """One remote value; of a long one the report of an example shows the begin."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes: {self[:200]!r}>"


@st.composite
def values(draw: Draw) -> Value:
    """One remote value: any bytes, encodings of them, JSON of any shape, up to 64 KiB."""
    return Value(_pick(draw, _SHAPES)(draw))


def vaults() -> st.SearchStrategy[dict[str, bytes]]:
    """The remote values of an example, by key; those of ``VAULT`` are there besides."""
    return st.fixed_dictionaries({key: values() for key in FOREIGN})


@st.composite
def _objects(draw: Draw, kind: str, odd: st.SearchStrategy[int] | None) -> Json:
    share = draw(odd) if odd is not None else _pick(draw, (0, 0, 1, 2, 5, 15, 50))
    return _made(draw, schemas()[kind], "", share)


@cache
def schemas() -> dict[str, Json]:
    """The schema of ``spec`` by kind."""
    found: dict[str, Json] = {}
    for crd in all_crds():
        whole: Json = crd
        properties = whole["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
        found[whole["spec"]["names"]["kind"]] = properties["spec"]
    return found


def _pick(draw: Draw, among: Sequence[Any]) -> Any:
    """One of them, drawn by its place: cheaper than a strategy of its own for each sequence."""
    return among[draw(st.integers(0, len(among) - 1))]


def _chance(draw: Draw, percent: int) -> bool:
    return percent > 0 and bool(draw(_PERCENT) < percent)


def _made(draw: Draw, schema: Json, path: str, odd: int) -> Json:
    """A value for the schema; wrong in itself at a tenth of the share, since a wrong type hides all below it."""
    if _chance(draw, -(-odd // 10)):
        return _pick(draw, WRONG)
    if schema.get("type") == "object" or "properties" in schema:
        return _object(draw, schema, path, odd)
    if schema.get("type") == "array":
        count = _pick(draw, (1, 1, 1, 2, 3, 0))
        return [_made(draw, schema["items"], path, odd) for _ in range(count)]
    return _leaf(draw, schema, path, odd)


def _leaf(draw: Draw, schema: Json, path: str, odd: int) -> Json:
    pool = _pool(POOLS, path)
    wild = _chance(draw, odd)
    if wild and _chance(draw, 30):
        return draw(st.text(max_size=12)) if _chance(draw, 30) else _pick(draw, HOSTILE)
    if pool is not None:
        return _pick(draw, pool[wild])
    if "enum" in schema:
        return "Nothing" if wild else _pick(draw, schema["enum"])
    if schema.get("type") == "boolean":
        return draw(st.booleans())
    if schema.get("type") == "integer":
        return _pick(draw, (0, 1, 2, 7, 30)) if not wild else draw(st.integers(-(2**63), 2**63 - 1))
    if schema.get("x-kubernetes-int-or-string"):
        return _pick(draw, (0, 60, 3600, "1h"))
    return _pick(draw, HOSTILE if wild else ("a", "app", "x-1"))


def _object(draw: Draw, schema: Json, path: str, odd: int) -> Json:
    if "properties" not in schema:
        return _map(draw, schema, path, odd)
    made = {
        name: _made(draw, schema["properties"][name], f"{path}.{name}".removeprefix("."), odd)
        for name in _wanted(draw, schema, path, odd)
    }
    if path.endswith("dataFrom") and "sourceRef" not in made and _chance(draw, 15):
        made["sourceRef"] = {"storeRef": {"name": _pick(draw, ("aws", "other"))}}
    if _chance(draw, -(-odd // 10)):
        made[_UNKNOWN] = _pick(draw, WRONG)
    return made


def _wanted(draw: Draw, schema: Json, path: str, odd: int) -> list[str]:
    """The names of the fields an object gets."""
    end = path.rpartition(".")[2]
    properties = schema["properties"]
    if end in _ALTERNATIVES and not _chance(draw, odd):
        more = [name for name in _BESIDES.get(end, ()) if _chance(draw, PRESENT[name])]
        return [_pick(draw, _ALTERNATIVES[end](path)), *more]
    required = schema.get("required", ())
    return [
        name
        for name in properties
        if (not _chance(draw, odd // 4) if name in required else _has(draw, f"{path}.{name}", odd))
    ]


def _has(draw: Draw, path: str, odd: int) -> bool:
    present = _pool(PRESENT, path)
    return _chance(draw, 40 if present is None else present) or _chance(draw, odd // 4)


_ALTERNATIVES: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "sourceRef": lambda path: ("storeRef",) if path.startswith("data.") else ("generatorRef",),
    "rewrite": lambda _: ("regexp", "transform", "merge"),
    "dataFrom": lambda _: ("extract", "extract", "find", "sourceRef"),
    "provider": lambda _: ("aws", "fake", "fake", "vault"),
}
"""Objects with one of several fields, and which, by their path."""
_BESIDES = {"dataFrom": ("rewrite",)}
"""What they may have besides."""


def _map(draw: Draw, schema: Json, path: str, odd: int) -> Json:
    below = schema.get("additionalProperties")
    if not isinstance(below, dict):
        return _pick(draw, ({}, {"a": [1, {"b": None}]}))
    names = _pool(MAP_KEYS, path) or (KEYS, HOSTILE)
    count = draw(st.integers(0, 3))
    return {_pick(draw, names[_chance(draw, odd)]): _made(draw, below, path, odd) for _ in range(count)}


def _pool(pools: Mapping[str, Any], path: str) -> Any:
    """The entry with the longest name that the path ends in."""
    steps = path.split(".")
    return next((pools[end] for at in range(len(steps)) if (end := ".".join(steps[at:])) in pools), None)


def _of_bytes(draw: Draw) -> bytes:
    return draw(st.binary(max_size=64)) + MARK.encode()


def _of_text(draw: Draw) -> bytes:
    return (draw(st.text(max_size=40)) + MARK).encode()


def _encoded(draw: Draw) -> bytes:
    encode = _pick(draw, (base64.b64encode, base64.urlsafe_b64encode, base64.b32encode, base64.b16encode))
    whole = encode(draw(st.binary(max_size=40)) + MARK.encode())
    cut = draw(st.integers(0, 3))
    return bytes(whole[: len(whole) - cut] + _pick(draw, (b"", b"=", b"\n", b"!", b"===")))


def _long(draw: Draw) -> bytes:
    size = _pick(draw, (1, 4096, LONGEST - 1, LONGEST))
    piece = draw(st.binary(min_size=1, max_size=8)) + MARK.encode()
    return (piece * (size // len(piece) + 1))[:size]


def _json(draw: Draw) -> bytes:
    return json.dumps(draw(_JSON), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


def _torn_json(draw: Draw) -> bytes:
    whole = _json(draw)
    return whole[: draw(st.integers(0, len(whole)))] + _pick(draw, (b"", b"}", b",", b"\0", b"\xff"))


def _same_keys(draw: Draw) -> bytes:
    names = draw(st.lists(st.sampled_from(("a", "A", "user", "")), min_size=2, max_size=6))
    return ("{" + ",".join(f'"{name}": "{MARK}{index}"' for index, name in enumerate(names)) + "}").encode()


def _curious(draw: Draw) -> bytes:
    return bytes(_pick(draw, CURIOUS))


_SCALAR = st.one_of(
    st.none(), st.booleans(), st.just(MARK), st.just(int(NUMBER)), st.text(max_size=6).map(lambda text: text + MARK)
)
_NAMES = st.one_of(st.sampled_from(("user", "a", "b.c", "x/y", "", "é")), st.text(max_size=5))
_JSON = st.recursive(
    _SCALAR, lambda below: st.lists(below, max_size=3) | st.dictionaries(_NAMES, below, max_size=4), max_leaves=8
)
_SHAPES = (_of_bytes, _of_text, _encoded, _long, _json, _json, _torn_json, _same_keys, _curious)
