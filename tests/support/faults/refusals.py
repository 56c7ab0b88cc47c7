"""What makes the API server refuse the operator's Secrets in one namespace by 403: a policy, or a quota.

A webhook is in ``support.faults.webhooks``. ``denied`` looks whether a policy or a webhook is in force, by a Secret
that is not really written.
"""

import contextlib
from collections.abc import Iterator

from support.faults.webhooks import DENIAL, RULE, THEIRS, denied
from support.scene import Scene

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
QUOTA = "full"


@contextlib.contextmanager
def policy(room: Scene) -> Iterator[None]:
    """A ValidatingAdmissionPolicy that denies in that namespace, in force for the block and not any more after it."""
    name = room.namespace
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [RULE]},
        "matchConditions": [THEIRS],
        "validations": [{"expression": "false", "message": DENIAL}],
    }
    selected = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    bound = {"policyName": name, "validationActions": ["Deny"], "matchResources": selected}
    room.api.post(POLICIES, {"metadata": {"name": name}, "spec": spec}).good()
    room.api.post(BINDINGS, {"metadata": {"name": name}, "spec": bound}).good()
    try:
        room.until(lambda: denied(room), lambda: "the policy is in force")
        yield
    finally:
        room.api.delete(f"{BINDINGS}/{name}").good()
        room.api.delete(f"{POLICIES}/{name}").good()
        room.until(lambda: not denied(room), lambda: "the policy is gone")


@contextlib.contextmanager
def quota(room: Scene) -> Iterator[None]:
    """No Secret more than the keys of the store, which are there; raised after the block."""
    path = f"/api/v1/namespaces/{room.namespace}/resourcequotas"
    room.api.post(path, {"metadata": {"name": QUOTA}, "spec": {"hard": {"secrets": "1"}}}).good()

    def used() -> str:
        status = room.api.get(f"{path}/{QUOTA}").good().get("status") or {}
        return str((status.get("used") or {}).get("secrets"))

    room.until(lambda: used() == "1", lambda: f"the keys are counted: {used()}")
    yield
    room.api.patch(f"{path}/{QUOTA}", {"spec": {"hard": {"secrets": "10"}}}).good()
