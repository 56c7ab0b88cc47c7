"""What each request of an ExternalSecret needs: actions, on resources, under conditions.

* A secret's ARN ends in six characters that AWS chooses, so a name stands for ``name-??????``.
* Batch calls are allowed on everything or not at all; the values in them need the single read all the same.
* Decryption is allowed only through the service, and only of what may be read. Keys that AWS manages need no grant, but
  the manifests do not tell whose keys are used.

Source: AWS's service authorization reference for Secrets Manager, Systems Manager and KMS.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.providers.aws.spec import Service

ANY = "*"
_UNKNOWN_SUFFIX = "-??????"
_WHOLE_ARN = re.compile(r"-[A-Za-z0-9]{6}$")
_LITERAL = re.compile(r"\^((?:[\w/=@#:, -]|\\[^\w\s])*)([?*{]?)")

Condition = tuple[str, str, str]
"""Operator, key, value."""


class Grant(NamedTuple):
    """One action on one resource; grants of one ``sid`` become one statement."""

    sid: str
    action: str
    resource: str
    conditions: tuple[Condition, ...] = ()


class Place(NamedTuple):
    """Where values are: how their ARNs begin."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, rest: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"


class Choice(NamedTuple):
    """What the user chose."""

    batching: bool = True
    kms: bool = True
    kms_keys: tuple[str, ...] = ()


class Requests(NamedTuple):
    """All that one identity asks of one service."""

    reads: tuple[RemoteKey, ...]
    scans: tuple[Find, ...]

    @property
    def plain(self) -> list[RemoteKey]:
        """Those that can travel in a batch."""
        return [ref for ref in self.reads if not ref.version and ref.metadata is MetadataPolicy.NONE]


def grants(service: Service, place: Place, requests: Requests, choice: Choice) -> list[Grant]:
    """All that the requests need."""
    found = list((_secrets if service is Service.SECRETS_MANAGER else _parameters)(place, requests, choice))
    return [*found, *_decryption(service, place, found, choice)] if choice.kms else found


def _secrets(place: Place, requests: Requests, choice: Choice) -> Iterator[Grant]:
    for ref in requests.reads:
        if ref.metadata is MetadataPolicy.FETCH:
            yield Grant("DescribeSecrets", "secretsmanager:DescribeSecret", _secret(place, ref.key))
        else:
            yield Grant("ReadSecrets", "secretsmanager:GetSecretValue", _secret(place, ref.key))
    for scan in requests.scans:
        prefix = _literal(scan.regexp) if scan.path is None else scan.path
        yield Grant("ReadSecrets", "secretsmanager:GetSecretValue", place.arn("secretsmanager", f"secret:{prefix}*"))
        yield Grant("FindSecrets", "secretsmanager:ListSecrets", ANY)
    if choice.batching and (len(requests.plain) > 1 or requests.scans):
        yield Grant("ReadSecretsTogether", "secretsmanager:BatchGetSecretValue", ANY)


def _secret(place: Place, key: str) -> str:
    if not key.startswith("arn:"):
        return place.arn("secretsmanager", f"secret:{key}{_UNKNOWN_SUFFIX}")
    return key if _WHOLE_ARN.search(key) else f"{key}{_UNKNOWN_SUFFIX}"


def _parameters(place: Place, requests: Requests, choice: Choice) -> Iterator[Grant]:
    for ref in requests.reads:
        if ref.metadata is MetadataPolicy.FETCH:
            yield Grant("DescribeParameters", "ssm:ListTagsForResource", _parameter(place, ref.key))
        else:
            yield Grant("ReadParameters", "ssm:GetParameter", _parameter(place, ref.key))
    if choice.batching and len(requests.plain) > 1:
        for ref in requests.plain:
            yield Grant("ReadParameters", "ssm:GetParameters", _parameter(place, ref.key))
    for scan in requests.scans:
        yield from _scanned(place, scan, choice)


def _scanned(place: Place, scan: Find, choice: Choice) -> Iterator[Grant]:
    path = (scan.path or "/").rstrip("/")
    below = [_parameter(place, f"{path}/*"), *([_parameter(place, path)] if path else [])]
    if scan.regexp is not None:
        yield from (Grant("FindParameters", "ssm:GetParametersByPath", resource) for resource in below)
        return
    yield Grant("ListParameters", "ssm:DescribeParameters", ANY)
    yield Grant("ListParameters", "tag:GetResources", ANY)
    actions = ["ssm:GetParameter", *(["ssm:GetParameters"] if choice.batching else [])]
    yield from (Grant("ReadParameters", action, below[0]) for action in actions)


def _parameter(place: Place, name: str) -> str:
    return name if name.startswith("arn:") else place.arn("ssm", f"parameter/{name.removeprefix('/')}")


def _literal(regexp: str | None) -> str:
    """What every name that the expression finds begins with; empty when that cannot be told."""
    found = _LITERAL.match(regexp or "")
    if found is None or "|" in (regexp or ""):
        return ""
    literal = re.sub(r"\\(.)", r"\1", found[1])
    return literal[:-1] if found[2] else literal


_CONTEXT = {
    Service.SECRETS_MANAGER: ("DecryptSecrets", "secretsmanager", "kms:EncryptionContext:SecretARN"),
    Service.PARAMETER_STORE: ("DecryptParameters", "ssm", "kms:EncryptionContext:PARAMETER_ARN"),
}


def _decryption(service: Service, place: Place, found: Iterable[Grant], choice: Choice) -> Iterator[Grant]:
    sid, host, context = _CONTEXT[service]
    via = tuple(("StringEquals", "kms:ViaService", f"{host}.{place.region}.{end}") for end in _domains(place))
    readable = sorted({grant.resource for grant in found if _gives_values(grant)})
    keys = choice.kms_keys or tuple(dict.fromkeys(_keys_of(place, resource) for resource in readable))
    for resource in readable:
        for key in keys:
            yield Grant(sid, "kms:Decrypt", key, (*via, ("StringLike", context, resource)))


def _gives_values(grant: Grant) -> bool:
    return grant.resource != ANY and grant.action.rpartition(":")[2].startswith("Get")


def _keys_of(place: Place, resource: str) -> str:
    """Every key in the account of what may be read; a secret of another account has its key there."""
    account = resource.split(":")[4]
    return place._replace(account=account).arn("kms", "key/*")


def _domains(place: Place) -> tuple[str, ...]:
    """How KMS may call the service; in China both spellings have been seen."""
    return ("amazonaws.com", "amazonaws.com.cn") if place.partition == "aws-cn" else ("amazonaws.com",)
