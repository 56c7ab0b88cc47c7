"""Rewriting the keys of what was fetched: ``regexp``, ``transform`` and ``merge``, one after the other.

Keys are visited in their order. DIFFERS: two keys that become one are an error that names both; the reference keeps
whichever its map gives last, so the Secret may change from one refresh to the next.

Source: the reference's ``esutils.RewriteMap`` (external-secrets 2.9.0).
"""

from collections.abc import Callable, Iterable, Mapping

from esoctl.errors import EsoctlError, KeyCollision, SpecError
from esoctl.model.rewrites import ConflictPolicy, Merge, MergeStrategy, PriorityPolicy, Regexp, Rewrite, Transform
from esoctl.plan import canonical, regexps, strictjson

Render = Callable[[str, str], str]
"""Renders a template over a key; raises an error with the text of Go's text/template."""

_ANY_MAP = "map[string]interface {}"


def apply(operations: Iterable[Rewrite], values: Mapping[str, bytes], render: Render) -> dict[str, bytes]:
    """The values after all operations; SpecError or KeyCollision says which of them failed, and why."""
    rewritten = dict(values)
    for index, operation in enumerate(operations):
        prefix = f"failed rewrite operation[{index}]: "
        try:
            rewritten = _apply(operation, rewritten, render)
        except KeyCollision as error:
            raise KeyCollision("", f"{prefix}{error}") from None
        except (ValueError, EsoctlError) as error:
            raise SpecError("", f"{prefix}{error}") from None
    return rewritten


def _apply(operation: Rewrite, values: dict[str, bytes], render: Render) -> dict[str, bytes]:
    """One operation; of several in one entry only the first in this order counts."""
    if operation.merge:
        return _merge(operation.merge, values)
    if operation.regexp:
        return _replace(operation.regexp, values)
    if operation.transform:
        return _transform(operation.transform, values, render)
    return values


def _replace(operation: Regexp, values: dict[str, bytes]) -> dict[str, bytes]:
    try:
        pattern = regexps.compile(operation.source)
    except ValueError as error:
        raise ValueError(f"regexp failed with failed to compile: {error}") from None
    return _rename("regexp", values, lambda key: pattern.replace(key, operation.target))


def _transform(operation: Transform, values: dict[str, bytes], render: Render) -> dict[str, bytes]:
    def rendered(key: str) -> str:
        try:
            return render(operation.template, key)
        except EsoctlError as error:
            stage = f'execute template for key "{key}"' if ': executing "' in str(error) else "parse template"
            raise ValueError(f"transform failed with failed to {stage}: {error}") from None

    return _rename("transform", values, rendered)


def _rename(what: str, values: dict[str, bytes], rule: Callable[[str], str]) -> dict[str, bytes]:
    origins: dict[str, str] = {}
    for key in sorted(values):
        name = rule(key)
        if name and name in origins:
            raise KeyCollision("", f'{what} failed with keys "{origins[name]}" and "{key}" both become "{name}"')
        origins[name] = key
    return {name: values[key] for name, key in origins.items()}


def _merge(operation: Merge, values: dict[str, bytes]) -> dict[str, bytes]:
    merged: dict[str, str] = {}
    conflicts = []
    write = _text if operation.strategy is MergeStrategy.EXTRACT else _json
    for key in _in_order(operation, values):
        members = _members(values, key, write)
        conflicts += [name for name in sorted(members) if name in merged]
        merged.update(members)
    if conflicts and operation.conflict_policy is not ConflictPolicy.IGNORE:
        raise ValueError(f"merge failed with conflicts: {', '.join(conflicts)}")
    if operation.strategy is MergeStrategy.EXTRACT:
        return {name: text.encode() for name, text in merged.items()}
    if not operation.into:
        raise ValueError("merge failed with missing 'into' field")
    return values | {operation.into: canonical.join(merged, for_html=False).encode()}


def _in_order(operation: Merge, values: dict[str, bytes]) -> list[str]:
    """The keys to merge, the most important last: those without priority by name, then the others as listed."""
    strict = operation.priority_policy is PriorityPolicy.STRICT
    listed = [key for key in operation.priority if strict or key in values]
    return sorted(values.keys() - set(listed)) + listed


def _members(values: dict[str, bytes], key: str, write: Callable[[bytes], str]) -> dict[str, str]:
    if key not in values:
        raise ValueError(f'merge failed with key "{key}" not found in input map')
    try:
        return {name: write(raw) for name, raw in strictjson.members(values[key], _ANY_MAP).items()}
    except ValueError as error:
        raise ValueError(f"merge failed with failed to unmarshal JSON: {error}") from None


def _text(raw: bytes) -> str:
    """A member as a value: strings without quotes, null as nothing, containers as JSON."""
    match raw[:1]:
        case b'"':
            return strictjson.text(raw)
        case b"n":
            return ""
        case b"{" | b"[" | b"t" | b"f":
            return canonical.compact(raw, for_html=True)
        case _:
            return canonical.number(raw)


def _json(raw: bytes) -> str:
    return canonical.compact(raw, for_html=False)
