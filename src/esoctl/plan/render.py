"""Renders ``target.template``: data, labels and annotations, in the order of precedence.

Highest first: ``template.data``, then ``templateFrom`` (later over earlier), then the fetched values, which take part
only with mergePolicy Merge or when there is no template data at all. Without a template the fetched values are the data
and the ExternalSecret's own labels and annotations are copied.

Source: the reference's applyTemplate (external-secrets 2.9.0). Templates see the fetched values and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from esoctl.errors import SpecError, TemplateError
from esoctl.model.external_secret import MergePolicy, Template, TemplateFrom, TemplateScope, TemplateSource
from esoctl.model.keys import Kind
from esoctl.model.meta import Meta
from esoctl.model.values import Values
from esoctl.plan import masking, naming, privileged
from esoctl.plan.observed import FORCE_SYNC_ANNOTATIONS
from esoctl.template import engine, scope
from esoctl.template.engine import Env

TARGETS = ("data", "labels", "annotations")


class TextRef(NamedTuple):
    """A ConfigMap or Secret that holds templates."""

    kind: Kind
    name: str


Texts = Mapping[TextRef, Mapping[str, bytes]]
"""The template texts by where they come from and their key."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the target gets from the template."""

    data: Values = field(default_factory=Values)
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    type: str = ""
    """Empty: keep the type that is there."""
    finalizers: tuple[str, ...] = ()


def needed(template: Template | None) -> list[TextRef]:
    """The ConfigMaps and Secrets to read before rendering, each once."""
    wanted: dict[TextRef, None] = {}
    for entry in template.template_from if template else []:
        wanted.update(dict.fromkeys(ref for ref, _ in held(entry)))
    return list(wanted)


def render(es: Meta, template: Template | None, values: Values, texts: Texts, env: Env) -> Rendered:
    """The rendered template; raises TemplateError or SpecError when any part of it fails."""
    if template is None:
        return Rendered(values, dict(es.labels), copied(es.annotations))
    try:
        rendered = _rendered(template, values, texts, env)
    except TemplateError as error:
        raise TemplateError(
            error.name, masking.masked(error.problem, values.values()), error.line, error.column
        ) from None
    naming.require_legal(rendered.data, partial(tellable, template, values))
    return rendered


def tellable(template: Template | None, values: Values, key: str) -> bool:
    """Whether a key is written in the manifest or named by the provider, and so is no value."""
    literals = [entry.literal or "" for entry in template.template_from] if template else []
    return key in values or (template is not None and key in template.data) or any(key in text for text in literals)


def _rendered(template: Template, values: Values, texts: Texts, env: Env) -> Rendered:
    check(template)
    parts: dict[str, dict[str, bytes]] = {target: {} for target in TARGETS}
    if template.merge_policy is MergePolicy.MERGE or not (template.data or template.template_from):
        parts["data"].update(values)
    for index, entry in enumerate(template.template_from):
        parts[_target(entry)].update(_render_from(entry, f"templateFrom[{index}]", values, texts, env))
    for target, sources in (
        ("data", template.data),
        ("labels", template.metadata.labels),
        ("annotations", template.metadata.annotations),
    ):
        parts[target].update({name: scope.rendered(name, text, values, env) for name, text in sources.items()})
    return Rendered(
        Values(parts["data"]),
        _texts_of(parts["labels"], "label"),
        _texts_of(parts["annotations"], "annotation"),
        template.type,
        tuple(dict.fromkeys(template.metadata.finalizers)),
    )


def key(template: str, name: str, env: Env) -> str:
    """A key made from a ``rewrite.transform`` template over ``.value``.

    DIFFERS: the reference prints ``<no value>`` for a field that is not there, and that becomes a key.
    """
    named = replace(env, name="transform", delimiters=("{{", "}}"))
    return engine.render(template, {"value": name.encode()}, named).decode(errors="replace")


def check_engine(template: Template) -> None:
    """Raise SpecError for an engine we do not have."""
    if template.engine_version not in ("", "v2"):
        raise SpecError(
            "spec.target.template.engineVersion", f"unsupported template engine version: {template.engine_version}"
        )


def check(template: Template) -> None:
    """Raise SpecError for what no Secret template may say."""
    check_engine(template)
    bad = [entry.target for entry in template.template_from if _target(entry) not in TARGETS]
    if bad:
        problem = "; ".join(
            f'templateFrom target="{target}" is not allowed when targeting a Secret, '
            'must be one of "Data", "Annotations" or "Labels"'
            for target in bad
        )
        raise SpecError("spec.target.template.templateFrom", problem)


def copied(annotations: Mapping[str, str]) -> dict[str, str]:
    """The ExternalSecret's own annotations, as far as its target gets them.

    DIFFERS: the reference copies the force-sync annotation too, so that every forced sync rewrites the Secret, and that
    of `kubectl apply`, which then takes the target for one it wrote itself.
    """
    left_out = (*FORCE_SYNC_ANNOTATIONS, privileged.LAST_APPLIED)
    return {name: value for name, value in annotations.items() if name not in left_out}


def _target(entry: TemplateFrom) -> str:
    return entry.target.lower() or "data"


def held(entry: TemplateFrom) -> list[tuple[TextRef, TemplateSource]]:
    """The objects one entry names, in the order in which they are rendered."""
    pairs = ((Kind.CONFIG_MAP, entry.config_map), (Kind.SECRET, entry.secret))
    return [(TextRef(kind, source.name), source) for kind, source in pairs if source]


def _render_from(entry: TemplateFrom, where: str, values: Values, texts: Texts, env: Env) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for ref, source in held(entry):
        for item in source.items:
            source_text = text(ref, item.key, texts)
            rendered = scope.rendered(item.key, source_text, values, env)
            if item.template_as is TemplateScope.VALUES:
                made[item.key] = rendered
            else:
                made.update(scope.mapping(rendered, env))
    if entry.literal is not None:
        made.update(scope.mapping(scope.rendered(f"{where}.literal", entry.literal, values, env), env))
    strategy = entry.values_decoding_strategy
    return {name: scope.decoded(name, value, strategy) for name, value in made.items()}


def text(ref: TextRef, name: str, texts: Texts) -> str:
    """One template's text; raises SpecError when its object has no such key."""
    keys = texts[ref]
    if name not in keys:
        kind = "configmap" if ref.kind is Kind.CONFIG_MAP else "secret"
        raise SpecError("", f"error in {kind} {ref.name}: missing key {name}")
    return keys[name].decode("utf-8", "replace")


def _texts_of(parts: Mapping[str, bytes], what: str) -> dict[str, str]:
    try:
        return {name: value.decode() for name, value in parts.items()}
    except UnicodeDecodeError:
        raise SpecError("", f"a rendered {what} is not UTF-8 text; encode it, for example with b64enc") from None
