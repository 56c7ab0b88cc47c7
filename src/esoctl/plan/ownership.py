"""Who owns the target: owner references we set, and owners that forbid us to write.

Source: the reference's ownership checks (behaviour of isSecretOwnedByAnother and SetControllerReference).
"""

from esoctl.errors import OwnedByAnother
from esoctl.model.external_secret import CreationPolicy
from esoctl.model.keys import Kind
from esoctl.model.kinds import API_VERSION, GROUP
from esoctl.model.meta import Meta, OwnerRef
from esoctl.model.secret import Secret

EXCLUSIVE = (CreationPolicy.OWNER, CreationPolicy.ORPHAN)


def reference(es: Meta) -> OwnerRef:
    """The owner reference that makes the ExternalSecret the controller of its target."""
    return OwnerRef(API_VERSION, Kind.EXTERNAL_SECRET, es.name, es.uid, controller=True, block_owner_deletion=True)


def controls(es: Meta, target: Meta) -> bool:
    """Whether this very ExternalSecret (by uid) is the controller of the target."""
    controller = target.controller
    return controller is not None and controller.uid == es.uid


def admit(es: Meta, policy: CreationPolicy, target: Secret) -> None:
    """Raise OwnedByAnother when the target is not this ExternalSecret's to write under that policy.

    DIFFERS: Orphan is refused on a target that something else controls; the reference writes over it.
    """
    controller = target.metadata.controller
    if controller is None or controller.uid == es.uid:
        return
    if controller.group == GROUP and controller.kind == Kind.EXTERNAL_SECRET:
        if controller.name != es.name:
            raise OwnedByAnother(
                f"secret is owned by another ExternalSecret: {controller.name}; give one of them another target.name",
                by_external_secret=True,
            )
        return
    if policy in EXCLUSIVE:
        where = f"{target.metadata.namespace}/{target.metadata.name}"
        raise OwnedByAnother(
            f"unable to mutate secret {target.metadata.name}: could not set controller reference on secret: "
            f"Object {where} is already owned by another {controller.kind} controller {controller.name}; "
            "choose another target.name, or creationPolicy Merge",
            by_external_secret=False,
        )
