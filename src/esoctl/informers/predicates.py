"""Whether a change is worth a reconcile. Pure.

What an operator writes itself, above all status, must not wake it again. Another UID is another object and always
matters, as does one that begins or ceases to decode, appears or goes. Source: the reference's watch predicates
(controller-runtime ``GenerationChangedPredicate``, ``LabelChangedPredicate``, ``AnnotationChangedPredicate``,
``ResourceVersionChangedPredicate``).
"""

from collections.abc import Callable

from esoctl.informers.store import Broken, Named
from esoctl.model import conditions
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.meta import Meta
from esoctl.model.store import Store


def external_secret(old: ExternalSecret | Broken | None, new: ExternalSecret | Broken | None) -> bool:
    """Spec, labels, annotations, finalizers or deletion changed."""
    return _matters(old, new, lambda one, other: _edited(one, other) or one.finalizers != other.finalizers)


def store(old: Store | Broken | None, new: Store | Broken | None) -> bool:
    """Spec, labels, annotations or deletion changed, or the store became ready or ceased to be."""
    return _matters(old, new, _edited) or _readiness(old) != _readiness(new)


def secret(old: Named | None, new: Named | None) -> bool:
    """Anything changed: for Secrets, of which we may know no more than the metadata, and for their like."""
    return _matters(old, new, lambda one, other: one.resource_version != other.resource_version)


def generic(old: Named | None, new: Named | None) -> bool:
    """Anything but status changed, as far as the kind tells that apart by a generation."""
    return _matters(old, new, _edited_generic)


def generator(old: Named | None, new: Named | None) -> bool:
    """The specification changed; labels and annotations make no other values."""
    return _matters(old, new, lambda one, other: one.generation != other.generation)


def labels(old: Named | None, new: Named | None) -> bool:
    """The labels changed: for Namespaces, whose labels decide which stores may be used there."""
    return _matters(old, new, lambda one, other: one.labels != other.labels)


def _matters(old: Named | None, new: Named | None, changed: Callable[[Meta, Meta], bool]) -> bool:
    if old is None or new is None:
        return old is not new
    if _fault(old) != _fault(new) or old.metadata.uid != new.metadata.uid:
        return True
    return changed(old.metadata, new.metadata)


def _fault(thing: Named) -> str | None:
    return thing.error if isinstance(thing, Broken) else None


def _readiness(thing: Store | Broken | None) -> str | None:
    ready = conditions.find(thing.status.conditions) if isinstance(thing, Store) else None
    return ready.status if ready else None


def _edited_generic(old: Meta, new: Meta) -> bool:
    untold = not new.generation and old.resource_version != new.resource_version
    return untold or _edited(old, new) or old.owner_references != new.owner_references


def _edited(old: Meta, new: Meta) -> bool:
    return (
        old.generation != new.generation
        or old.labels != new.labels
        or old.annotations != new.annotations
        or old.deletion_timestamp != new.deletion_timestamp
    )
