"""Puts what templates made into a manifest: data, labels, annotations, spec, or any path.

Manifests are plain JSON values and are not changed; a Secret's data is base64. A path is names with points between and
indexes in brackets; what is missing on the way is made. Source: the reference's template engine v2 (Execute,
applyToTarget, applyToPath).
"""

from __future__ import annotations

import base64
import copy
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from esoctl.errors import TemplateError
from esoctl.template import govalues, scope
from esoctl.template.limits import Env

Json: TypeAlias = dict[str, object]
_DATA, _ANNOTATIONS, _LABELS, _SPEC = "data", "annotations", "labels", "spec"
_WELL_KNOWN: Final = frozenset({"", _DATA, _ANNOTATIONS, _LABELS})
_INDEX: Final = re.compile(r"\[([^\]]*)\]")
_MOST: Final = 10_000
_SECRET_FIELDS: Final[dict[str, tuple[type, str]]] = {
    "apiVersion": (str, "string"),
    "kind": (str, "string"),
    "metadata": (dict, "map"),
    "data": (dict, "map"),
    "stringData": (dict, "map"),
    "type": (str, "string"),
    "immutable": (bool, "bool"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """Templates by key, and what is to become of what they make."""

    templates: Mapping[str, str]
    scope: str = scope.VALUES
    target: str = ""
    """Data, Annotations, Labels, spec (any case), or a path; empty means data."""
    decoding: str = ""


def apply(manifest: Json, job: Job, data: Mapping[str, bytes], env: Env) -> Json:
    """The manifest with what the templates make in its place."""
    if job.scope not in {scope.VALUES, scope.KEYS_AND_VALUES}:
        raise TemplateError("", f"unknown scope '{job.scope}': expected 'Values' or 'KeysAndValues'")
    made = copy.deepcopy(manifest)
    for key in sorted(job.templates):
        source = job.templates[key]
        if job.scope == scope.VALUES:
            _put_value(made, job, key, scope.values({key: source}, data, env, job.decoding)[key], env)
        elif is_well_known(job.target):
            _put_entries(made, job.target, scope.pairs(source, data, env, job.decoding))
        else:
            _merge_at(made, job.target, scope.document(scope.rendered(source, source, data, env), env))
    return made


def is_well_known(target: str) -> bool:
    """Whether the target is data, annotations or labels, in any case."""
    return target.lower() in _WELL_KNOWN


def _is_secret(manifest: Json) -> bool:
    return manifest.get("kind") == "Secret" and manifest.get("apiVersion") == "v1"


def _put_value(made: Json, job: Job, key: str, value: bytes, env: Env) -> None:
    target = job.target.lower()
    if target in _WELL_KNOWN:
        _put_entries(made, target, {key: value})
    elif target == _SPEC and not _is_secret(made):
        _inner(made, _SPEC)[key] = govalues.valid_text(value)
        _complete(made)
    else:
        try:
            set_path(made, job.target, scope.leaf(value, env))
            _check_secret(made)
        except TemplateError as error:
            raise TemplateError(key, f"failed to apply to target: {error.problem}") from None
        _complete(made)


def _put_entries(made: Json, target: str, entries: Mapping[str, bytes]) -> None:
    target = target.lower()
    if target in {_ANNOTATIONS, _LABELS}:
        if entries:
            _inner(_inner(made, "metadata"), target).update(
                {key: govalues.valid_text(value) for key, value in entries.items()}
            )
    elif entries:
        is_secret = _is_secret(made)
        _inner(made, _DATA).update(
            {
                key: base64.b64encode(value).decode() if is_secret else govalues.valid_text(value)
                for key, value in entries.items()
            }
        )
    _complete(made)


def _inner(manifest: Json, name: str) -> Json:
    """The map under a name, made when it is missing."""
    held = manifest.get(name)
    if not isinstance(held, dict):
        held = manifest[name] = {}
    return held


def _complete(made: Json) -> None:
    """An object that is no Secret always has maps of annotations and labels afterwards."""
    if not _is_secret(made):
        metadata = _inner(made, "metadata")
        _inner(metadata, _ANNOTATIONS)
        _inner(metadata, _LABELS)


def _check_secret(made: Json) -> None:
    """A Secret keeps only the fields a Secret has, and they must be of their types."""
    if not _is_secret(made):
        return
    for name in [name for name in made if name not in _SECRET_FIELDS]:
        del made[name]
    for name, value in made.items():
        cls, kind = _SECRET_FIELDS[name]
        if value is not None and not isinstance(value, cls):
            found = "slice" if isinstance(value, list) else "map" if isinstance(value, dict) else _scalar_kind(value)
            problem = f"cannot restore map from {found}" if cls is dict else f"unrecognized type: {kind}"
            raise TemplateError("", f"failed to convert unstructured to object: {problem}")


def _scalar_kind(value: object) -> str:
    kinds: dict[type, str] = {bool: "bool", int: "int64", float: "float64"}
    return kinds.get(type(value), "string")


def parse_path(path: str) -> list[str | int]:
    """The names and indexes of a path."""
    steps: list[str | int] = []
    for segment in path.split("."):
        if not segment:
            raise _bad_path(path, "empty segment")
        name, bracket, rest = segment.partition("[")
        if name:
            steps.append(name)
        steps.extend(_indexes(path, bracket + rest))
    if not isinstance(steps[0], str):
        raise _bad_path(path, "path must start with a key")
    return steps


def _indexes(path: str, text: str) -> list[int]:
    indexes: list[int] = []
    while text:
        if text[0] != "[":
            raise _bad_path(path, f"expected '[' near \"{text}\"")
        found = _INDEX.match(text)
        if found is None:
            raise _bad_path(path, "unterminated '['")
        indexes.append(_index(path, found.group(1)))
        text = text[found.end() :]
    return indexes


def _index(path: str, text: str) -> int:
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text, re.ASCII) is None:
        raise _bad_path(path, f'bad index "{text}"')
    index = int(text)
    if index < 0:
        raise _bad_path(path, f"negative index {index}")
    if index > _MOST:
        raise _bad_path(path, f"index {index} exceeds maximum ({_MOST})")
    return index


def _bad_path(path: str, problem: str) -> TemplateError:
    return TemplateError("", f'invalid path "{path}": {problem}')


def set_path(made: Json, path: str, value: object) -> None:
    """Put the value at the path."""
    steps = parse_path(path)
    holder = _walk(made, steps, path)
    _set(holder, steps[-1], value)


def _merge_at(made: Json, path: str, value: object) -> None:
    """Put the document at the path; a map into a map that is there."""
    steps = parse_path(path)
    holder = _walk(made, steps, path)
    held = _get(holder, steps[-1])
    if len(steps) > 1 and isinstance(held, dict) and isinstance(value, dict):
        held.update(value)
    else:
        _set(holder, steps[-1], value)
    _check_secret(made)


def _walk(made: Json, steps: list[str | int], path: str) -> object:
    """What holds the last step; maps and lists that are missing are made."""
    holder: object = made
    for step, following in itertools.pairwise(steps):
        held = _get(holder, step)
        if held is None:
            held = {} if isinstance(following, str) else []
            _set(holder, step, held)
        holder = held
        _check_step(holder, following, path)
    return holder


def _check_step(holder: object, step: str | int, path: str) -> None:
    kind = (
        "map[string]interface {}"
        if isinstance(holder, dict)
        else "[]interface {}"
        if isinstance(holder, list)
        else _scalar_kind(holder)
    )
    if isinstance(step, str) and not isinstance(holder, dict):
        raise TemplateError("", f'failed to set path {path}: expected map at key "{step}" but found {kind}')
    if isinstance(step, int) and not isinstance(holder, list):
        raise TemplateError("", f"failed to set path {path}: expected array at index {step} but found {kind}")


def _get(holder: object, step: str | int) -> object:
    if isinstance(holder, dict):
        return holder.get(step)
    return holder[step] if isinstance(holder, list) and isinstance(step, int) and step < len(holder) else None


def _set(holder: object, step: str | int, value: object) -> None:
    if isinstance(holder, dict):
        holder[step] = value
    elif isinstance(holder, list) and isinstance(step, int):
        holder.extend([None] * (step + 1 - len(holder)))
        holder[step] = value
