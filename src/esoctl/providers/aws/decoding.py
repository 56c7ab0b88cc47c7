"""Reads the body of ``spec.provider.aws`` and says what is wrong with it.

Pure; `esoctl check` uses it without loading any AWS library.

DIFFERS from the reference, which lets all of this pass and fails at the first request, or never:
a region must look like a region of a known partition (it becomes part of a host name that signed requests go to), roles
must be role ARNs, a namespace in a reference of a SecretStore must be its own, ``auth.jwt`` needs its
``serviceAccountRef``, and both halves of an access key must be named.
"""

import re

import msgspec

from esoctl.errors import SpecError
from esoctl.model import durations
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.meta import Wire
from esoctl.model.store import RetrySettings
from esoctl.providers.aws.spec import (
    DEFAULT_ATTEMPTS,
    RESERVED_TAGS,
    Auth,
    Deletion,
    Roles,
    Service,
    Spec,
    StaticKeys,
    TagsPolicy,
    WebIdentity,
)
from esoctl.providers.contract import Scope, SecretKeyRef, ServiceAccountRef

PATH = "spec.provider.aws"
MOST_ATTEMPTS = 10
"""DIFFERS: ``maxRetries: 0`` means no limit in the reference; a request that never ends helps nobody."""

TWO_DELETIONS = "forceDeleteWithoutRecovery conflicts with recoveryWindowInDays; keep one of them"
WINDOW = "must be between 7 and 30 days"
NO_ACCOUNT = "required; name the ServiceAccount to take tokens of, or leave out auth.jwt"
HALF_A_KEY = "secretRef needs name and key of both accessKeyIDSecretRef and secretAccessKeySecretRef"

# The partitions' own patterns, from AWS's published partitions file; a FIPS pseudo-region is a region with an affix.
_REGION = re.compile(
    r"(?:fips-)?(?:(?:us|eu|ap|sa|ca|me|af|il|mx)|cn|us-gov|us-iso|us-isob|eu-isoe|us-isof|eusc-de)-[a-z]+-[0-9]+(?:-fips)?"
)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+")


def decode(body: msgspec.Raw, scope: Scope) -> Spec:
    """Validate the body under ``spec.provider.aws``; raises SpecError with the path of what must change."""
    wire = _wire(body)
    _check_region(wire.region)
    return Spec(
        store=scope.store,
        service=_service(wire.service),
        region=wire.region,
        auth=_auth(wire.auth, scope.store),
        roles=_roles(wire),
        prefix=wire.prefix,
        deletion=_deletion(wire.secrets_manager),
        attempts=_attempts(scope.retry),
    )


class _Selector(Wire, frozen=True):
    name: str = ""
    key: str = ""
    namespace: str = ""


class _SecretRef(Wire, frozen=True):
    access_key_id: _Selector = msgspec.field(name="accessKeyIDSecretRef", default=_Selector())
    secret_access_key: _Selector = msgspec.field(name="secretAccessKeySecretRef", default=_Selector())
    session_token: _Selector | None = msgspec.field(name="sessionTokenSecretRef", default=None)


class _Account(Wire, frozen=True):
    name: str = ""
    namespace: str = ""
    audiences: tuple[str, ...] = ()


class _Jwt(Wire, frozen=True):
    service_account_ref: _Account | None = None


class _Auth(Wire, frozen=True):
    secret_ref: _SecretRef | None = None
    jwt: _Jwt | None = None


class _Tag(Wire, frozen=True):
    key: str
    value: str


class _SecretsManager(Wire, frozen=True):
    force_delete_without_recovery: bool = False
    recovery_window_in_days: int = 0


class _Body(Wire, frozen=True):
    service: str = ""
    region: str = ""
    auth: _Auth = _Auth()
    role: str = ""
    additional_roles: tuple[str, ...] = ()
    external_id: str = msgspec.field(name="externalID", default="")
    session_tags: tuple[_Tag, ...] = ()
    session_tags_policy: str = TagsPolicy.NONE
    custom_session_tags: dict[str, str] = {}
    transitive_tag_keys: tuple[str, ...] = ()
    secrets_manager: _SecretsManager = _SecretsManager()
    prefix: str = ""


_decoder = msgspec.json.Decoder(_Body)


def _wire(body: msgspec.Raw) -> _Body:
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        raise SpecError(PATH + place.rstrip("`"), problem) from None


def _service(text: str) -> Service:
    try:
        return Service(text)
    except ValueError:
        raise SpecError(f"{PATH}.service", f"unknown service {text!r}; use one of {', '.join(Service)}") from None


def _check_region(region: str) -> None:
    if not region:
        raise SpecError(f"{PATH}.region", "required; name the AWS region that holds the values, such as eu-west-1")
    if not _REGION.fullmatch(region):
        raise SpecError(f"{PATH}.region", f"{region!r} is not an AWS region; use one such as eu-west-1")


def _auth(auth: _Auth, store: StoreRef) -> Auth:
    """Reference: where both ways are given, jwt wins."""
    if auth.jwt is not None:
        return _web_identity(auth.jwt, store)
    if auth.secret_ref is not None:
        return _static_keys(auth.secret_ref, store)
    return None


def _web_identity(jwt: _Jwt, store: StoreRef) -> WebIdentity:
    path = f"{PATH}.auth.jwt.serviceAccountRef"
    account = jwt.service_account_ref
    if account is None:
        raise SpecError(path, NO_ACCOUNT)
    if not account.name:
        raise SpecError(f"{path}.name", "required")
    namespace = _namespace(account.namespace, store, path)
    return WebIdentity(ServiceAccountRef(account.name, namespace, account.audiences))


def _static_keys(refs: _SecretRef, store: StoreRef) -> StaticKeys:
    path = f"{PATH}.auth.secretRef"
    token = refs.session_token
    return StaticKeys(
        key_id=_secret_key(refs.access_key_id, store, f"{path}.accessKeyIDSecretRef"),
        secret_key=_secret_key(refs.secret_access_key, store, f"{path}.secretAccessKeySecretRef"),
        token=None if token is None else _secret_key(token, store, f"{path}.sessionTokenSecretRef"),
    )


def _secret_key(selector: _Selector, store: StoreRef, path: str) -> SecretKeyRef:
    if not selector.name:
        raise SpecError(f"{path}.name", "required; name the Secret that holds the value")
    if not selector.key:
        raise SpecError(f"{path}.key", f"required; name the key of Secret {selector.name!r} that holds the value")
    return SecretKeyRef(selector.name, selector.key, _namespace(selector.namespace, store, path))


def _namespace(namespace: str, store: StoreRef, path: str) -> str:
    """The namespace to read from; a SecretStore's own is written as empty, so that equal stores are equal."""
    if store.kind is Kind.CLUSTER_SECRET_STORE:
        return namespace
    if namespace not in ("", store.namespace):
        raise SpecError(
            f"{path}.namespace",
            f"a SecretStore may only refer to its own namespace {store.namespace!r}, not {namespace!r};"
            " leave it out, or use a ClusterSecretStore",
        )
    return ""


def _roles(wire: _Body) -> Roles:
    for index, role in enumerate(wire.additional_roles):
        _check_role(role, f"{PATH}.additionalRoles[{index}]")
    if wire.role:
        _check_role(wire.role, f"{PATH}.role")
    for key in RESERVED_TAGS:
        if key in wire.custom_session_tags:
            raise SpecError(f"{PATH}.customSessionTags.{key}", "this tag is set by the operator; choose another key")
    return Roles(
        additional=wire.additional_roles,
        role=wire.role,
        external_id=wire.external_id,
        policy=_tags_policy(wire.session_tags_policy),
        tags=tuple((tag.key, tag.value) for tag in wire.session_tags),
        custom=tuple(sorted((key, value) for key, value in wire.custom_session_tags.items() if key and value)),
        transitive=wire.transitive_tag_keys,
    )


def _check_role(role: str, path: str) -> None:
    if not _ROLE.fullmatch(role):
        raise SpecError(path, f"{role!r} is not the ARN of a role; use one such as arn:aws:iam::123456789012:role/name")


def _tags_policy(text: str) -> TagsPolicy:
    try:
        return TagsPolicy(text or TagsPolicy.NONE)
    except ValueError:
        path = f"{PATH}.sessionTagsPolicy"
        raise SpecError(path, f"unknown policy {text!r}; use one of {', '.join(TagsPolicy)}") from None


def _deletion(settings: _SecretsManager) -> Deletion:
    path = f"{PATH}.secretsManager"
    days, force = settings.recovery_window_in_days, settings.force_delete_without_recovery
    if days and force:
        raise SpecError(path, TWO_DELETIONS)
    if days and not 7 <= days <= 30:
        raise SpecError(f"{path}.recoveryWindowInDays", f"{WINDOW}, not {days}")
    return Deletion(force, days)


def _attempts(retry: RetrySettings | None) -> int:
    """The reference reads ``maxRetries`` as the number of attempts; ``retryInterval`` is checked but not used."""
    if retry is None:
        return DEFAULT_ATTEMPTS
    if retry.retry_interval is not None:
        _check_interval(retry.retry_interval)
    if retry.max_retries is None:
        return DEFAULT_ATTEMPTS
    if retry.max_retries < 0:
        raise SpecError("spec.retrySettings.maxRetries", "must not be negative")
    return min(retry.max_retries or MOST_ATTEMPTS, MOST_ATTEMPTS)


def _check_interval(interval: str) -> None:
    try:
        durations.parse(interval)
    except ValueError as error:
        raise SpecError("spec.retrySettings.retryInterval", str(error)) from None
