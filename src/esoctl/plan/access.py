"""May this namespace use this store, and whose Secrets may the store's references read?

The one resolver of references: what it does not return cannot be read, so access across namespaces is not expressible
elsewhere. Source: the reference's ClusterSecretStore conditions and SecretKeySelector resolution.
"""

from collections.abc import Callable, Mapping

from esoctl.errors import SpecError, StoreForbidden, StoreNotReady
from esoctl.model import conditions
from esoctl.model.keys import StoreRef
from esoctl.model.store import Expression, LabelSelector, NamespaceCondition, Store, StoreSpec
from esoctl.plan import regexps

NAME_LABEL = "kubernetes.io/metadata.name"
SELECTOR_VALUES = "In and NotIn need values; Exists and DoesNotExist take none"


def manages(controller_class: str, spec: StoreSpec | None) -> bool:
    """Whether a store is ours: it names no controller class, or this one."""
    return spec is None or spec.controller in ("", controller_class)


def require_ready(ref: StoreRef, store: Store) -> None:
    """Raise StoreNotReady when the store's check failed. A store that was never checked is tried as it is."""
    ready = conditions.find(store.status.conditions)
    if ready is not None and ready.status != "True":
        raise StoreNotReady(str(ref), f"{ref} is not ready: {ready.message}")


def admit(store: Store, namespace: str, labels: Mapping[str, str]) -> None:
    """Raise StoreForbidden when the conditions of a cluster store do not admit the namespace with those labels.

    Conditions that cannot be read admit nobody: StoreNotReady, whether or not the store was checked already.
    """
    if store.spec is None or store.metadata.namespace:
        return
    try:
        check_conditions(store.spec)
    except SpecError as error:
        raise StoreNotReady(str(store.ref), f"{store.ref} is not ready: {error}") from error
    wanted = store.spec.conditions
    if wanted and not any(_matches(condition, namespace, labels) for condition in wanted):
        raise StoreForbidden(
            f"ClusterSecretStore/{store.metadata.name}",
            f'using cluster store "{store.metadata.name}" is not allowed from namespace "{namespace}": '
            "denied by spec.condition",
        )


def secret_namespace(store: StoreRef, consumer: str, wanted: str) -> str:
    """The namespace whose Secrets a store's reference reads.

    A SecretStore reads its own namespace only. A ClusterSecretStore reads the namespace that the reference names, or
    else the consumer's. DIFFERS: the reference ignores a foreign namespace in a SecretStore; it is refused here.
    """
    if store.namespace:
        if wanted not in ("", store.namespace):
            raise StoreForbidden(
                str(store),
                f'{store} may not read from namespace "{wanted}"; a SecretStore reads its own namespace only',
            )
        return store.namespace
    return wanted or consumer


def check_conditions(spec: StoreSpec) -> None:
    """Raise SpecError for a pattern that does not compile or a selector that cannot match."""
    for index, condition in enumerate(spec.conditions):
        for number, pattern in enumerate(condition.namespace_regexes):
            try:
                regexps.compile(pattern)
            except ValueError:
                raise SpecError(
                    f"spec.conditions[{index}].namespaceRegexes[{number}]", "not a regular expression (RE2 syntax)"
                ) from None
        _check_selector(condition.namespace_selector, f"spec.conditions[{index}].namespaceSelector")


def _check_selector(selector: LabelSelector | None, where: str) -> None:
    for number, expression in enumerate(selector.match_expressions if selector else []):
        path = f"{where}.matchExpressions[{number}]"
        if expression.operator not in _OPERATORS:
            raise SpecError(f"{path}.operator", f'"{expression.operator}" is not one of {", ".join(_OPERATORS)}')
        if (expression.operator in ("In", "NotIn")) != bool(expression.values):
            raise SpecError(f"{path}.values", SELECTOR_VALUES)


def _matches(condition: NamespaceCondition, namespace: str, labels: Mapping[str, str]) -> bool:
    return (
        (condition.namespace_selector is not None and selects(condition.namespace_selector, labels))
        or labels.get(NAME_LABEL, namespace) in condition.namespaces
        or any(regexps.compile(pattern).matches(namespace) for pattern in condition.namespace_regexes)
    )


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches; an empty one matches everything."""
    exact = all(labels.get(key) == value for key, value in selector.match_labels.items())
    return exact and all(_OPERATORS[e.operator](e, labels) for e in selector.match_expressions)


_OPERATORS: dict[str, Callable[[Expression, Mapping[str, str]], bool]] = {
    "In": lambda e, labels: labels.get(e.key) in e.values,
    "NotIn": lambda e, labels: labels.get(e.key) not in e.values,
    "Exists": lambda e, labels: e.key in labels,
    "DoesNotExist": lambda e, labels: e.key not in labels,
}
