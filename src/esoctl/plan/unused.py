"""Fields of a manifest that have no effect as they are used there. Nothing is ignored in silence: the operator tells
them in a Warning event, ``esoctl check`` as warnings.

Pure. A field at the value that it would have anyway is not told: manifests carry those from the defaults of old.

Source: what the reference's controllers do with each field (external-secrets 2.9.0); it ignores them all in silence.
"""

from collections.abc import Iterator
from typing import Final

from esoctl.model.external_secret import (
    ConversionStrategy,
    DataFromEntry,
    ExternalSecretSpec,
    MergePolicy,
    RefreshPolicy,
    Template,
    TemplateFrom,
)
from esoctl.model.store import StoreSpec
from esoctl.plan import generic
from esoctl.plan.validate import Problem

REASON: Final = "FieldIgnored"
"""Of the event that tells them."""
DROP: Final = "remove it"


def external_secret(spec: ExternalSecretSpec) -> list[Problem]:
    """Every field without an effect, in the order of the spec."""
    return [*_when(spec), *_template(spec), *_data(spec), *_data_from(spec)]


def store(spec: StoreSpec, *, cluster: bool) -> list[Problem]:
    """The same for a store, but for what is under its provider."""
    found: list[Problem] = []
    if spec.conditions and not cluster:
        found.append(Problem("spec.conditions", "limits nothing: a SecretStore serves its own namespace only", DROP))
    if spec.retry_settings and "fake" in spec.provider:
        found.append(Problem("spec.retrySettings", "the fake provider makes no requests", DROP))
    elif spec.retry_settings and spec.retry_settings.retry_interval is not None:
        pauses = "pauses between tries are chosen by the provider's library"
        found.append(Problem("spec.retrySettings.retryInterval", pauses, DROP))
    return found


def text(found: list[Problem]) -> str:
    """One message for all of them."""
    return "; ".join(f"{path} has no effect: {problem}" for path, problem, _ in found)


def _when(spec: ExternalSecretSpec) -> Iterator[Problem]:
    if spec.sync_windows and spec.refresh_policy is not RefreshPolicy.PERIODIC:
        yield Problem("spec.syncWindows", f"refreshPolicy {spec.refresh_policy} has no periodic refreshes", DROP)


def _template(spec: ExternalSecretSpec) -> Iterator[Problem]:
    template = spec.target.template
    if template is None:
        return
    if generic.chosen(spec) is not None:
        yield from _of_a_secret_only(template)
    for index, entry in enumerate(template.template_from):
        if _empty(entry):
            path = f"spec.target.template.templateFrom[{index}]"
            yield Problem(path, "it names no configMap, no secret and no literal", DROP)


def _of_a_secret_only(template: Template) -> Iterator[Problem]:
    where = "only Secrets have it, and target.manifest names another kind"
    if template.type:
        yield Problem("spec.target.template.type", where, DROP)
    if template.metadata.finalizers:
        yield Problem("spec.target.template.metadata.finalizers", where, DROP)
    if template.merge_policy is not MergePolicy.REPLACE:
        yield Problem("spec.target.template.mergePolicy", where, DROP)


def _empty(entry: TemplateFrom) -> bool:
    return entry.config_map is None and entry.secret is None and entry.literal is None


def _data(spec: ExternalSecretSpec) -> Iterator[Problem]:
    for index, entry in enumerate(spec.data):
        if entry.remote_ref.conversion_strategy is not ConversionStrategy.DEFAULT:
            path = f"spec.data[{index}].remoteRef.conversionStrategy"
            yield Problem(path, "the key is the secretKey as it is written", DROP)


def _data_from(spec: ExternalSecretSpec) -> Iterator[Problem]:
    for index, entry in enumerate(spec.data_from):
        yield from _of_entry(entry, f"spec.dataFrom[{index}]")


def _of_entry(entry: DataFromEntry, path: str) -> Iterator[Problem]:
    how = entry.find or entry.extract
    name = "find" if entry.find else "extract"
    if entry.rewrite and how and how.conversion_strategy is not ConversionStrategy.DEFAULT:
        yield Problem(f"{path}.{name}.conversionStrategy", "rewrite replaces the conversion", "convert by a rewrite")
