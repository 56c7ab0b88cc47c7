"""Fills, keeps and checks the metadata of objects.

From k8s.io/apiserver ``registry/rest`` (BeforeCreate, BeforeUpdate) and k8s.io/apimachinery
``api/validation/objectmeta.go``. Documents handed in belong to the caller and are changed in place.
"""

from collections.abc import Callable

from esoctl.sandbox import lookup, names, problems
from esoctl.sandbox.documents import Doc, equal, written
from esoctl.sandbox.resources import Resource
from esoctl.sandbox.statuses import Problem

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_ANNOTATIONS_LIMIT = 256 * 1024
_PREFIX_LIMIT = 58
_SET_BY_SERVER = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink")
_TYPED = frozenset(
    [
        *("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp"),
        *("deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "ownerReferences", "finalizers"),
        *("managedFields", "clusterName", "zz_generated"),
    ]
)
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"


def new_uid(entropy: Callable[[int], bytes]) -> str:
    """A random UUID of version 4."""
    raw = bytearray(entropy(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def generated_name(prefix: str, entropy: Callable[[int], bytes]) -> str:
    return prefix[:_PREFIX_LIMIT] + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in entropy(5))


def decode(doc: Doc) -> list[str]:
    """Drop what is not a field of ObjectMeta, and nulls; answers the paths of unknown fields."""
    meta = doc.get("metadata")
    if not isinstance(meta, dict):
        doc["metadata"] = {}
        return []
    unknown = [key for key in meta if key not in _TYPED]
    known = {key: value for key, value in meta.items() if key in _TYPED}
    doc["metadata"] = lookup.drop_nulls(known) if b":null" in (written(known) or b":null") else known
    return [f"metadata.{key}" for key in unknown]


def begin(doc: Doc, now: str, entropy: Callable[[int], bytes]) -> None:
    """Give a new object what the server gives: uid, time, and a name when only a prefix came."""
    meta = lookup.ensure(doc, "metadata")
    for key in _SET_BY_SERVER:
        meta.pop(key, None)
    if not meta.get("name") and (prefix := lookup.text(meta, "generateName")):
        meta["name"] = generated_name(prefix, entropy)
    meta["uid"] = new_uid(entropy)
    meta["creationTimestamp"] = now


def carry_over(new: Doc, old: Doc) -> None:
    """Keep in an update what an update cannot change."""
    meta, before = lookup.ensure(new, "metadata"), lookup.meta(old)
    for key in ("creationTimestamp", "generation", "deletionTimestamp", "selfLink"):
        if key in before:
            meta[key] = before[key]
        elif key != "deletionTimestamp":
            meta.pop(key, None)
    for key in ("uid", "deletionGracePeriodSeconds", "name", "namespace"):
        if key in before and not meta.get(key):
            meta[key] = before[key]


def check_new(doc: Doc, resource: Resource) -> list[Problem]:
    """What is wrong with the metadata of an object to be created."""
    meta = lookup.meta(doc)
    rule = resource.behaviour.name_rule
    found: list[Problem] = []
    if prefix := lookup.text(meta, "generateName"):
        wrong = names.object_name(rule, prefix, prefix=True)
        found += [problems.invalid("metadata.generateName", prefix, words) for words in wrong]
    name = lookup.text(meta, "name")
    if not name:
        found.append(problems.required("metadata.name", "name or generateName is required"))
    else:
        found += [problems.invalid("metadata.name", name, words) for words in names.object_name(rule, name)]
    return [*found, *_check_namespace(meta, resource), *_check_texts(meta), *_check_finalizers(meta)]


def _check_namespace(meta: Doc, resource: Resource) -> list[Problem]:
    namespace = lookup.text(meta, "namespace")
    if not resource.namespaced:
        return [problems.forbidden("metadata.namespace", "not allowed on this type")] if namespace else []
    if not namespace:
        return [problems.required("metadata.namespace", "")]
    return [problems.invalid("metadata.namespace", namespace, words) for words in names.label(namespace)]


def check_update(new: Doc, old: Doc) -> list[Problem]:
    """What is wrong with the metadata of an update."""
    meta, before = lookup.meta(new), lookup.meta(old)
    found: list[Problem] = []
    if before.get("deletionTimestamp"):
        added = sorted(set(lookup.texts(meta, "finalizers")) - set(lookup.texts(before, "finalizers")))
        if added:
            listed = ", ".join(f'"{one}"' for one in added)
            words = "no new finalizers can be added if the object is being deleted, found new finalizers "
            found.append(problems.forbidden("metadata.finalizers", f"{words}[]string{{{listed}}}"))
    found += [
        problems.invalid(f"metadata.{key}", meta.get(key), problems.IMMUTABLE)
        for key in ("name", "namespace", "uid", "deletionTimestamp", "deletionGracePeriodSeconds")
        if not equal(meta.get(key), before.get(key))
    ]
    return [*found, *_check_texts(meta)]


def _check_texts(meta: Doc) -> list[Problem]:
    found: list[Problem] = []
    for key, value in lookup.child(meta, "labels").items():
        found += [problems.invalid("metadata.labels", key, words) for words in names.label_key(key)]
        text = value if isinstance(value, str) else ""
        found += [problems.invalid("metadata.labels", text, words) for words in names.label_value(text)]
    size = 0
    for key, value in lookup.child(meta, "annotations").items():
        found += [problems.invalid("metadata.annotations", key, words) for words in names.label_key(key.lower())]
        size += len(key.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
    if size > _ANNOTATIONS_LIMIT:
        found.append(problems.too_long("metadata.annotations", _ANNOTATIONS_LIMIT))
    return [*found, *_check_owners(meta)]


def _check_owners(meta: Doc) -> list[Problem]:
    found: list[Problem] = []
    owners = list(lookup.docs(meta, "ownerReferences"))
    for owner in owners:
        if not lookup.text(owner, "apiVersion"):
            found.append(problems.invalid("metadata.ownerReferences.apiVersion", "", "version must not be empty"))
        found += [
            problems.invalid(f"metadata.ownerReferences.{key}", "", "must not be empty")
            for key in ("kind", "name", "uid")
            if not lookup.text(owner, key)
        ]
    controllers = [owner for owner in owners if owner.get("controller") is True]
    if len(controllers) > 1:
        first, second = (f"{lookup.text(one, 'kind')}/{lookup.text(one, 'name')}" for one in controllers[:2])
        words = f'Found "true" in references for {first} and {second}'
        words = f"Only one reference can have Controller set to true. {words}"
        found.append(problems.invalid("metadata.ownerReferences", owners, words))
    return found


def _check_finalizers(meta: Doc) -> list[Problem]:
    finalizers = lookup.texts(meta, "finalizers")
    found: list[Problem] = []
    for one in finalizers:
        found += [problems.invalid("metadata.finalizers", one, words) for words in names.label_key(one)]
    if FOREGROUND in finalizers and ORPHAN in finalizers:
        words = f"finalizer {ORPHAN} and {FOREGROUND} cannot be both set"
        found.append(problems.invalid("metadata.finalizers", finalizers, words))
    return found


def finalizer_warnings(new: Doc, old: Doc | None) -> list[str]:
    """What a custom resource's new finalizers are warned about."""
    added = sorted(set(lookup.texts(new, "metadata", "finalizers")) - set(lookup.texts(old, "metadata", "finalizers")))
    known = (FOREGROUND, ORPHAN, "kubernetes")
    return [_finalizer_warning(one) for one in added if "/" not in one and one not in known]


def _finalizer_warning(finalizer: str) -> str:
    middle = " including a path (/)" if "." in finalizer else ""
    words = f"prefer a domain-qualified finalizer name{middle} to avoid accidental conflicts with other finalizer"
    words += " writers"
    return f'metadata.finalizers: "{finalizer}": {words}'
