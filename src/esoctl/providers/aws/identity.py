"""Who a request to AWS is signed as: a value that can be compared, and what pooling goes by.

Nothing is shared between two identities that differ in anything, not even for the same secret: what one may read the
other may not. Secret parts take part in comparison as a digest only.
"""

import hashlib
from dataclasses import dataclass, field

from esoctl.errors import StoreError
from esoctl.providers.aws.spec import Hop, Spec, StaticKeys, WebIdentity
from esoctl.providers.aws.tags import Tagging
from esoctl.providers.contract import Credentials, SecretKeyRef, ServiceAccountRef

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
AUDIENCE_ANNOTATION = "eks.amazonaws.com/audience"
DEFAULT_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key as requests are signed with; its repr shows nothing."""

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    token: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Static:
    """An access key read from Secrets."""

    key_id: str
    digest: str
    keys: Keys = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount, the role it is annotated with, and whom its tokens are for.

    One that was deleted and made again is another, whatever its name.
    """

    namespace: str
    name: str
    uid: str
    role: str
    audiences: tuple[str, ...]
    ref: ServiceAccountRef = field(compare=False, repr=False)
    credentials: Credentials = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Ambient:
    """The identity of the operator's own environment."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A base identity and the roles assumed from it, in a region (whose STS is asked)."""

    base: Static | Account | Ambient
    hops: tuple[Hop, ...]
    region: str

    @property
    def label(self) -> str:
        """Who that is, in a word: the last role, or what comes before any."""
        if self.hops:
            return self.hops[-1].role
        match self.base:
            case Static():
                return "access key"
            case Account(namespace=namespace, name=name):
                return f"ServiceAccount {namespace}/{name}"
            case Ambient():
                return "operator"


@dataclass(frozen=True, slots=True)
class Unusable:
    """The values read cannot be an access key, so that no request is worth making."""

    problem: str


async def read(spec: Spec, credentials: Credentials, tagging: Tagging | None = None) -> Identity | Unusable:
    """Read what the store refers to; raises StoreError, in the reference's words, for what is missing."""
    hops = spec.roles.hops(spec.store, credentials.namespace)
    if tagging is not None:
        hops = tagging.tagged(hops, spec, credentials.namespace)
    if isinstance(spec.auth, StaticKeys):
        keys = await _static(spec, spec.auth, credentials)
        problem = _problem(keys)
        if problem:
            return Unusable(problem)
        return Identity(Static(keys.key_id, _digest(keys), keys), hops, spec.region)
    if isinstance(spec.auth, WebIdentity):
        return Identity(await _account(spec, spec.auth.account, credentials), hops, spec.region)
    return Identity(Ambient(), hops, spec.region)


async def _static(spec: Spec, auth: StaticKeys, credentials: Credentials) -> Keys:
    """Reference: the secret key is read first, then the key id, then the token."""
    secret = await _value(spec, auth.secret_key, credentials, "SecretAccessKey")
    key_id = await _value(spec, auth.key_id, credentials, "accessKeyID")
    token = b"" if auth.token is None else await _value(spec, auth.token, credentials, "SessionToken")
    # A value that is no text cannot sign; the replacement character makes it fail the checks below.
    return Keys(*(part.decode(errors="replace") for part in (key_id, secret, token)))


async def _value(spec: Spec, ref: SecretKeyRef, credentials: Credentials, what: str) -> bytes:
    try:
        return await credentials.secret_key(ref)
    except StoreError as error:
        problem = f"unable to create session: could not fetch {what} secret: {error}"
        raise type(error)(f"{spec.store.kind}/{spec.store.name}", problem) from error


async def _account(spec: Spec, ref: ServiceAccountRef, credentials: Credentials) -> Account:
    """Reference: the role and the first audience are annotations, as EKS writes them; the others are the store's."""
    store = f"{spec.store.kind}/{spec.store.name}"
    namespace = ref.namespace or credentials.namespace
    try:
        account = await credentials.service_account(ref)
    except StoreError as error:
        raise type(error)(store, f"unable to create session: {error}") from error
    role = account.annotations.get(ROLE_ANNOTATION, "")
    if not role:
        problem = (
            "unable to create session: an IAM role must be associated with service account"
            f" {ref.name} (namespace: {namespace}); annotate it with {ROLE_ANNOTATION}"
        )
        raise StoreError(store, problem)
    audience = account.annotations.get(AUDIENCE_ANNOTATION, "") or DEFAULT_AUDIENCE
    return Account(namespace, ref.name, account.uid, role, (audience, *ref.audiences), ref, credentials)


def _problem(keys: Keys) -> str:
    if not keys.key_id or not keys.secret:
        return (
            "failed to refresh cached credentials, static credentials are empty;"
            " put an access key into the Secret that the store refers to"
        )
    # DIFFERS: the reference calls such a store valid and fails to build every request.
    for name, part in (
        ("access key id", keys.key_id),
        ("secret access key", keys.secret),
        ("session token", keys.token),
    ):
        if not part.isascii() or any(sign.isspace() or not sign.isprintable() for sign in part):
            return (
                f"the {name} holds white space or characters that no AWS key has;"
                " a Secret made from a file often ends in a newline"
            )
    return ""


def _digest(keys: Keys) -> str:
    return hashlib.sha256(f"{keys.secret}\0{keys.token}".encode()).hexdigest()
