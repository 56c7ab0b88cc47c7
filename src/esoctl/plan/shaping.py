"""Renders the content of a target that is no Secret.

Without template data the fetched values become ``data`` of a ConfigMap and ``spec.data`` of any other kind. Otherwise
every templateFrom entry is put at its target, in order, then ``template.data`` under ``data``. Targets are Data,
Labels, Annotations, spec, or a dotted path.

Source: the reference's applyTemplateToManifest (external-secrets 2.9.0). DIFFERS: texts of ConfigMaps and Secrets are
rendered once and reach any target (the reference renders them twice, and loses them at a path); labels and annotations
are rendered; a template of metadata alone leaves the values in place; a value that is no text is refused, not mangled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from esoctl.errors import SpecError, TemplateError
from esoctl.model.external_secret import ManifestRef, MergePolicy, Template
from esoctl.model.generic import Json
from esoctl.model.meta import Meta
from esoctl.model.values import Values
from esoctl.plan import masking, naming, privileged, render
from esoctl.plan.fieldtrees import as_object
from esoctl.plan.render import Texts
from esoctl.template import scope, targets
from esoctl.template.engine import Env
from esoctl.template.targets import Job

_IDENTITY = ("apiVersion", "kind", "metadata")


@dataclass(frozen=True, slots=True, repr=False)
class Shape:
    """What the target is to hold, apart from its identity."""

    content: Json
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True, slots=True)
class Frame:
    """Which object it is, and what of it is there to begin with."""

    manifest: ManifestRef
    name: str
    namespace: str
    content: Json


def shape(es: Meta, template: Template | None, frame: Frame, values: Values, cook: tuple[Texts, Env]) -> Shape:
    """The rendered content; raises TemplateError or SpecError when any part of it fails."""
    try:
        made = _made(template, frame, values, cook)
    except TemplateError as error:
        raise TemplateError(
            error.name, masking.masked(error.problem, values.values()), error.line, error.column
        ) from None
    if _is_config_map(frame.manifest):
        naming.require_legal(as_object(made.get("data")), partial(render.tellable, template, values))
    labels, annotations = _metadata(made, frame)
    if template is None:
        labels, annotations = dict(es.labels), render.copied(es.annotations)
    content = {name: value for name, value in made.items() if name not in _IDENTITY}
    return Shape(content, labels, annotations)


def _made(template: Template | None, frame: Frame, values: Values, cook: tuple[Texts, Env]) -> Json:
    metadata: Json = {"name": frame.name, "namespace": frame.namespace}
    made: Json = {"apiVersion": frame.manifest.api_version, "kind": frame.manifest.kind, "metadata": metadata}
    made |= frame.content
    if template is None:
        return _plain(made, frame.manifest, values)
    render.check_engine(template)
    if template.merge_policy is MergePolicy.MERGE or not (template.data or template.template_from):
        made = _plain(made, frame.manifest, values)
    texts, env = cook
    for job in _jobs(template, texts):
        made = targets.apply(made, job, values, env)
    return made


def _jobs(template: Template, texts: Texts) -> list[Job]:
    """What to put where, in the order of rising precedence."""
    jobs: list[Job] = []
    for index, entry in enumerate(template.template_from):
        strategy = entry.values_decoding_strategy
        for ref, source in render.held(entry):
            for item in source.items:
                text = render.text(ref, item.key, texts)
                jobs.append(Job({item.key: text}, item.template_as, entry.target, strategy))
        if entry.literal is not None:
            literal = {f"templateFrom[{index}].literal": entry.literal}
            jobs.append(Job(literal, scope.KEYS_AND_VALUES, entry.target, strategy))
    named = (("data", template.data), ("labels", template.metadata.labels))
    for target, sources in (*named, ("annotations", template.metadata.annotations)):
        if sources:
            jobs.append(Job(sources, scope.VALUES, target))
    return jobs


def _plain(made: Json, manifest: ManifestRef, values: Values) -> Json:
    texts = _texts(values, manifest.kind)
    if _is_config_map(manifest):
        return made | {"data": as_object(made.get("data")) | texts}
    spec = as_object(made.get("spec"))
    return made | {"spec": spec | {"data": as_object(spec.get("data")) | texts}}


def _is_config_map(manifest: ManifestRef) -> bool:
    return (manifest.api_version, manifest.kind) == ("v1", "ConfigMap")


def _texts(values: Mapping[str, bytes], kind: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in values.items():
        try:
            found[name] = value.decode()
        except UnicodeDecodeError:
            problem = f"the value of {name} is not text, which is all a {kind} can hold; encode it with b64enc"
            raise SpecError("", problem) from None
    return found


def _metadata(made: Json, frame: Frame) -> tuple[dict[str, str], dict[str, str]]:
    """Labels and annotations that templates made; they must not have touched what else identifies or binds it."""
    metadata = as_object(made.get("metadata"))
    privileged.refuse_identity(made, metadata, (frame.manifest.api_version, frame.manifest.kind))
    if (metadata.get("name"), metadata.get("namespace")) != (frame.name, frame.namespace):
        raise SpecError("spec.target.template", "a template must not set the name or namespace of its target")
    return _text_map(metadata, "labels"), _text_map(metadata, "annotations")


def _text_map(metadata: Json, name: str) -> dict[str, str]:
    found = metadata.get(name) or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise SpecError("spec.target.template", f"metadata.{name} must be texts by name; quote what is not text")
    return {str(key): str(value) for key, value in found.items()}
