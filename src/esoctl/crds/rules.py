"""What the definitions say beyond types: rules in CEL, and patterns of durations.

* Each rule repeats a rule of the controller (``plan.validate``, the providers' decoding), which is the one that counts:
  these only tell earlier. What the controller serves is never refused here.
* A rule stands at the lowest node that has all it looks at. The API server lets a broken rule pass when that node was
  not edited, so an object stored before the rule existed can still get other edits. Where a rule must look at the whole
  spec, ``_unless_before`` makes it look at the old object too.
* Lists and texts that a rule goes through have limits far beyond any real manifest: the API server reckons the cost of
  a rule from them.

Source: Kubernetes documentation, "Validation rules" of custom resources (ratcheting, cost limits).
"""

from collections.abc import Mapping
from typing import Final

from esoctl.model.external_secret import (
    DataEntry,
    DataFromEntry,
    ExternalSecretSpec,
    FindSpec,
    SyncWindow,
    Target,
    Template,
)
from esoctl.model.rewrites import Merge
from esoctl.model.store import Expression, RetrySettings, StoreSpec
from esoctl.plan import access, privileged, sources, validate

Rules = dict[str, object]

FORBIDDEN: Final = "FieldValueForbidden"
MANY: Final = 2000
"""Entries of a list that a rule goes through."""
FEW: Final = 100
"""Entries of a list within such a list."""
SHORT: Final = 100
"""Characters of a duration."""
LONG: Final = 512
"""Characters of a text that a rule looks into."""

PRIVILEGED: Final = "a Secret of this type would grant rights in the cluster; choose another type"
UNKNOWN_TARGET: Final = (
    'a templateFrom target is not allowed when targeting a Secret, must be one of "Data", "Annotations" or "Labels"'
)

_UNIT: Final = "(ns|us|µs|μs|ms|s|m|h)"
_TERM: Final = rf"([0-9]+(\.[0-9]*)?|\.[0-9]+){_UNIT}"
_MORE_THAN_NOTHING: Final = rf"([0-9]*[1-9][0-9]*(\.[0-9]*)?|[0-9]*\.[0-9]*[1-9][0-9]*){_UNIT}"
DURATION: Final = rf"^[-+]?(0|({_TERM})+)$"
"""What Go's ``time.ParseDuration`` reads, but for numbers too large."""
LASTING: Final = rf"^\+?({_TERM})*{_MORE_THAN_NOTHING}({_TERM})*$"
"""A duration that is longer than nothing."""
NOT_NEGATIVE: Final = rf"^\+?(0|({_TERM})+)$"


def rule(expression: str, message: str, **more: str) -> Rules:
    """One entry of ``x-kubernetes-validations``."""
    return {"rule": expression, "message": message, **more}


def _unless_before(expression: str, message: str, **more: str) -> Rules:
    """A rule that an object may break if it broke it before: it looks at more than what most edits touch."""
    before = expression.replace("self", "oldSelf.value()")
    return rule(f"({expression}) || (oldSelf.hasValue() && !({before}))", message, **more) | {"optionalOldSelf": True}


_A_DURATION: Final = "must be a duration with the units h, m and s"
_PRIVILEGED: Final = " && ".join(
    f"self != '{name}'" for name in (privileged.SERVICE_ACCOUNT_TOKEN, privileged.BOOTSTRAP_TOKEN)
)
_TO_A_SECRET: Final = "(!has(self.manifest) || (self.manifest.apiVersion == 'v1' && self.manifest.kind == 'Secret'))"
_KNOWN_PARTS: Final = (
    "!has(self.template) || !has(self.template.templateFrom) || self.template.templateFrom.all(one, "
    "!has(one.target) || one.target.matches('^(?i:data|labels|annotations)?$'))"
)
_GENERATOR: Final = "(has(self.sourceRef) && has(self.sourceRef.generatorRef))"
_A_STORE: Final = "(has(self.secretStoreRef) && has(self.secretStoreRef.name))"

_OF_STRUCTS: Final[Mapping[type, list[Rules]]] = {
    DataFromEntry: [
        rule("!(has(self.extract) && has(self.find))", sources.EXTRACT_AND_FIND),
        rule(f"{_GENERATOR} || has(self.extract) || has(self.find)", sources.NO_SOURCE),
        rule(f"!({_GENERATOR} && (has(self.extract) || has(self.find)))", sources.GENERATOR_AND_MORE),
    ],
    DataEntry: [rule("!has(self.sourceRef) || !has(self.sourceRef.generatorRef)", sources.GENERATOR_IN_DATA)],
    FindSpec: [
        rule(
            "(has(self.name) && has(self.name.regexp)) || (has(self.tags) && size(self.tags) > 0)",
            sources.NOTHING_TO_FIND,
        ),
        rule(
            "!has(self.property)", sources.PROPERTY_WITH_FIND, fieldPath=".property", reason=FORBIDDEN
        ),
    ],
    Merge: [
        rule(
            "!has(self.strategy) || self.strategy != 'JSON' || (has(self.into) && self.into != '')",
            validate.MERGE_INTO_NOTHING,
        )
    ],
    Target: [rule(f"!{_TO_A_SECRET} || {_KNOWN_PARTS}", UNKNOWN_TARGET)],
    ExternalSecretSpec: [
        _unless_before(f"{_A_STORE} || !has(self.data) || self.data.all(one, has(one.sourceRef))", sources.NO_STORE),
        _unless_before(
            f"{_A_STORE} || !has(self.dataFrom) || self.dataFrom.all(one, has(one.sourceRef))", sources.NO_STORE
        ),
    ],
    Expression: [
        rule(
            "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
            access.SELECTOR_VALUES,
        )
    ],
    StoreSpec: [_unless_before("!has(self.auth)", validate.MISPLACED_AUTH, fieldPath=".auth", reason=FORBIDDEN)],
}  # fmt: skip

_OF_FIELDS: Final[Mapping[tuple[type, str], list[Rules]]] = {
    (Template, "type"): [rule(_PRIVILEGED, PRIVILEGED)],
    (ExternalSecretSpec, "refreshInterval"): [rule(f"self.matches(r'{DURATION}')", f"{_A_DURATION} such as 24h0m0s")],
    (SyncWindow, "duration"): [
        rule(f"self.matches(r'{LASTING}')", f"{_A_DURATION} such as 1h30m, and longer than nothing")
    ],
    (RetrySettings, "retryInterval"): [rule(f"self.matches(r'{DURATION}')", f"{_A_DURATION} such as 5s")],
    (StoreSpec, "refreshInterval"): [
        rule(
            f"type(self) == int ? int(self) >= 0 : string(self).matches(r'{NOT_NEGATIVE}')",
            "must be seconds, or a duration with the units h, m and s such as 5m0s, and not negative",
        )
    ],
}


def of(struct: type, field: str = "") -> list[Rules]:
    """The rules of a struct, or of one of its fields."""
    return _OF_FIELDS.get((struct, field), []) if field else _OF_STRUCTS.get(struct, [])
