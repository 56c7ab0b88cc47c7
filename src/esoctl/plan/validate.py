"""Validation: what can be said of a manifest without looking at the world. The controller and ``esoctl check`` use it.

``refusals`` stop a reconcile, because going on would do something nobody can have meant. ``advice`` is what the
reference's webhook refuses at admission but its controller serves; the controller serves it too, ``check`` tells.

Source: the reference's ExternalSecret validator and store validators (external-secrets 2.9.0).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from esoctl.errors import SpecError
from esoctl.model import store as stores
from esoctl.model.external_secret import CreationPolicy, DataFromEntry, DeletionPolicy, ExternalSecretSpec
from esoctl.model.rewrites import MergeStrategy
from esoctl.model.store import StoreSpec
from esoctl.plan import access, generic, privileged, render, sources, windows

MERGE_INTO_NOTHING = "strategy JSON needs into, the key of the merged object; name one"
MISPLACED_AUTH = "auth belongs under spec.provider.aws, not under spec"
NOT_OWNER = (CreationPolicy.MERGE, CreationPolicy.NONE, CreationPolicy.CREATE_OR_MERGE, CreationPolicy.ORPHAN)


class Problem(NamedTuple):
    """One thing to mend: where, what, and how."""

    path: str
    problem: str
    remedy: str


def unfit(found: tuple[str, str], expected: str) -> SpecError:
    """The error of an object whose spec is missing or does not decode."""
    path, problem = found
    return SpecError(path or expected, problem or "is missing; see the examples in the documentation")


def target(spec: ExternalSecretSpec) -> None:
    """Raise SpecError for a target that is never served, whatever the operator's flags."""
    generic.admit(spec, allowed=True)


def sync_windows(spec: ExternalSecretSpec) -> None:
    """Raise SpecError for a window that can never be read.

    DIFFERS: in the reference such a window counts as closed, which under kind allow blocks every refresh silently.
    """
    for index, window in enumerate(spec.sync_windows.windows if spec.sync_windows else []):
        fault = windows.fault(window)
        if fault:
            raise SpecError(f"spec.syncWindows.windows[{index}]", fault)


def external_secret(namespace: str, spec: ExternalSecretSpec) -> list[Problem]:
    """Everything wrong with an ExternalSecret, in the order of its fields."""
    return [*_refusals(namespace, spec), *_advice(spec)]


def store_spec(name: str, spec: StoreSpec) -> None:
    """Raise SpecError for the first thing that makes a store unusable, whatever its provider."""
    if bytes(spec.auth):
        raise SpecError("spec.auth", f"{MISPLACED_AUTH}; move it there")
    try:
        stores.interval_seconds(spec, 0)
    except ValueError as error:
        raise SpecError("spec.refreshInterval", f"{error}; write it with the units h, m and s, or as seconds") from None
    access.check_conditions(spec)
    if len(spec.provider) != 1:
        raise SpecError("spec.provider", one_backend(name, len(spec.provider)))


def one_backend(name: str, found: int) -> str:
    """The text of a store with no provider, or with several."""
    return f"store error for {name}: secret stores must only have exactly one backend specified, found {found}"


def _refusals(namespace: str, spec: ExternalSecretSpec) -> Iterator[Problem]:
    checks: list[Callable[[], object]] = [partial(target, spec), partial(_template, spec), partial(sync_windows, spec)]
    for index, many in enumerate(spec.data_from):
        checks.append(partial(sources.of_data_from, namespace, spec, many, f"spec.dataFrom[{index}]"))
        checks.append(partial(_rewrite, many, f"spec.dataFrom[{index}].rewrite"))
    for index, one in enumerate(spec.data):
        checks.append(partial(sources.of_data, namespace, spec, one, f"spec.data[{index}]"))
    for check in checks:
        try:
            check()
        except SpecError as error:
            yield problem_of(error)


def problem_of(error: SpecError) -> Problem:
    """An error as path, problem and remedy; texts are written ``problem; remedy``."""
    problem, _, remedy = error.problem.partition("; ")
    return Problem(error.path, problem, remedy)


def _rewrite(entry: DataFromEntry, path: str) -> None:
    for index, operation in enumerate(entry.rewrite):
        merge = operation.merge
        if merge and merge.strategy is MergeStrategy.JSON and not merge.into:
            raise SpecError(f"{path}[{index}].merge.into", MERGE_INTO_NOTHING)


def _template(spec: ExternalSecretSpec) -> None:
    template = spec.target.template
    if template is not None and generic.chosen(spec) is not None:
        render.check_engine(template)
    elif template is not None:
        render.check(template)
        try:
            privileged.refuse(template.type, template.metadata.annotations)
        except SpecError as error:
            raise SpecError("spec.target.template.type", error.problem) from None


def _advice(spec: ExternalSecretSpec) -> Iterator[Problem]:
    creation, deletion = spec.target.creation_policy, spec.target.deletion_policy
    if deletion is DeletionPolicy.DELETE and creation in NOT_OWNER:
        yield Problem(
            "spec.target.deletionPolicy",
            "deletionPolicy=Delete must not be used when the controller doesn't own the secret",
            "set creationPolicy=Owner, or another deletionPolicy",
        )
    if deletion is DeletionPolicy.MERGE and creation is CreationPolicy.NONE:
        yield Problem(
            "spec.target.deletionPolicy",
            "deletionPolicy=Merge must not be used with creationPolicy=None: there is no Secret to merge with",
            "set another creationPolicy",
        )
    if not spec.data and not spec.data_from:
        yield Problem("spec", "either data or dataFrom should be specified", "name at least one value to fetch")
    if deletion is DeletionPolicy.RETAIN:
        for key, times in Counter(entry.secret_key for entry in spec.data).items():
            if times > 1:
                yield Problem("spec.data", f"duplicate secretKey found: {key}", "the last one wins; remove the others")
