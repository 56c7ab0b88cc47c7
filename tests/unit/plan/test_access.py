"""Who may use a store, and whose Secrets it may read: SEC-02."""

import msgspec
import pytest

from esoctl.errors import SpecError, StoreForbidden, StoreNotReady
from esoctl.model.keys import Kind, StoreRef
from esoctl.plan import access
from support.builders import a_store

SELECTOR = {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["prod", "stage"]}]}
OWN = StoreRef(Kind.SECRET_STORE, "team-a", "s")
WIDE = StoreRef(Kind.CLUSTER_SECRET_STORE, "", "w")


@pytest.mark.parametrize(
    ("conditions", "namespace", "labels", "admitted"),
    [
        pytest.param([], "any", {}, True, id="no conditions admit all"),
        pytest.param([{}], "any", {}, False, id="an empty condition matches nothing"),
        pytest.param([{"namespaces": ["team-a"]}], "team-a", {}, True, id="by name"),
        pytest.param([{"namespaces": ["team-a"]}], "team-b", {}, False, id="another name"),
        pytest.param([{"namespaceSelector": {}}], "any", {}, True, id="an empty selector matches all"),
        pytest.param(
            [{"namespaceSelector": {"matchLabels": {"tier": "prod"}}}], "x", {"tier": "prod"}, True, id="label"
        ),
        pytest.param(
            [{"namespaceSelector": {"matchLabels": {"tier": "prod"}}}], "x", {"tier": "dev"}, False, id="other label"
        ),
        pytest.param([{"namespaceSelector": SELECTOR}], "x", {"tier": "stage"}, True, id="expression"),
        pytest.param([{"namespaceSelector": SELECTOR}], "x", {}, False, id="expression without the label"),
        pytest.param([{"namespaceRegexes": ["^team-"]}], "team-z", {}, True, id="regex"),
        pytest.param([{"namespaceRegexes": ["team"]}], "my-team-x", {}, True, id="a regex is not anchored"),
        pytest.param([{"namespaces": ["a"]}, {"namespaces": ["b"]}], "b", {}, True, id="any condition is enough"),
    ],
)
def test_conditions_of_a_cluster_store(
    conditions: list[object], namespace: str, labels: dict[str, str], admitted: bool
) -> None:
    store = a_store(namespace="", conditions=conditions)

    if admitted:
        access.admit(store, namespace, labels)
    else:
        with pytest.raises(StoreForbidden, match=f'not allowed from namespace "{namespace}": denied by spec.condition'):
            access.admit(store, namespace, labels)


def test_conditions_of_a_namespaced_store_are_not_looked_at() -> None:
    access.admit(a_store(conditions=[{}]), "team-a", {})


@pytest.mark.parametrize(
    ("expression", "labels", "selected"),
    [
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {"a": "1"}, False),
        ({"key": "a", "operator": "Exists"}, {"a": ""}, True),
        ({"key": "a", "operator": "DoesNotExist"}, {"a": ""}, False),
    ],
)
def test_label_expressions(expression: dict[str, object], labels: dict[str, str], selected: bool) -> None:
    spec = a_store(namespace="", conditions=[{"namespaceSelector": {"matchExpressions": [expression]}}]).spec
    assert spec is not None
    assert spec.conditions[0].namespace_selector is not None

    assert access.selects(spec.conditions[0].namespace_selector, labels) is selected


@pytest.mark.parametrize(
    ("store", "consumer", "wanted", "read"),
    [
        pytest.param(OWN, "team-a", "", "team-a", id="its own"),
        pytest.param(OWN, "team-a", "team-a", "team-a", id="its own by name"),
        pytest.param(WIDE, "team-b", "", "team-b", id="the consumer's"),
        pytest.param(WIDE, "team-b", "vault", "vault", id="a named one"),
    ],
)
def test_SEC_02_the_namespace_a_reference_reads(store: StoreRef, consumer: str, wanted: str, read: str) -> None:
    assert access.secret_namespace(store, consumer, wanted) == read


def test_SEC_02_a_namespaced_store_never_reads_another_namespace() -> None:
    with pytest.raises(StoreForbidden, match='may not read from namespace "vault"'):
        access.secret_namespace(OWN, "team-a", "vault")


@pytest.mark.parametrize(("controller", "ours"), [("", True), ("default", True), ("other", False)])
def test_a_store_of_another_class_is_not_ours(controller: str, ours: bool) -> None:
    assert access.manages("default", a_store(controller=controller).spec) is ours


def test_a_store_whose_check_failed_is_not_ready_and_says_why() -> None:
    store = a_store(
        status={"conditions": [{"type": "Ready", "status": "False", "message": "unable to create client: x"}]}
    )

    with pytest.raises(StoreNotReady, match='SecretStore "aws" is not ready: unable to create client: x'):
        access.require_ready(store.ref, store)


def test_a_store_that_was_never_checked_is_tried() -> None:
    store = a_store()

    access.require_ready(store.ref, store)


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        pytest.param({"namespaceRegexes": ["("]}, "spec.conditions[0].namespaceRegexes[0]", id="regex"),
        pytest.param(
            {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}},
            "spec.conditions[0].namespaceSelector.matchExpressions[0].operator",
            id="operator",
        ),
        pytest.param(
            {"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]}},
            "spec.conditions[0].namespaceSelector.matchExpressions[0].values",
            id="no values",
        ),
    ],
)
def test_conditions_that_cannot_be_read_are_refused_with_their_place(condition: dict[str, object], path: str) -> None:
    spec = a_store(namespace="", conditions=[condition]).spec
    assert spec is not None

    with pytest.raises(SpecError) as caught:
        access.check_conditions(spec)
    assert caught.value.path == path


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"namespaceRegexes": ["("]}, id="regex"),
        pytest.param({"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Near"}]}}, id="operator"),
    ],
)
def test_conditions_that_cannot_be_read_admit_nobody_and_nothing_breaks(condition: dict[str, object]) -> None:
    store = a_store(namespace="", conditions=[{"namespaces": ["team-a"]}, condition])

    with pytest.raises(StoreNotReady, match=r'ClusterSecretStore "aws" is not ready: spec\.conditions\[1\]'):
        access.admit(store, "team-a", {})


def test_a_store_without_a_spec_has_no_conditions() -> None:
    access.admit(msgspec.structs.replace(a_store(namespace=""), spec=None), "team-a", {})
    assert access.manages("default", None)


def test_a_pattern_that_cannot_be_read_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    spec = a_store(namespace="", conditions=[{"namespaceRegexes": ["(secret"]}]).spec
    assert spec is not None

    with pytest.raises(SpecError):
        access.check_conditions(spec)
    assert capfd.readouterr() == ("", "")
