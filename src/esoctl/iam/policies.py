"""Folds grants into policy documents, one for each identity, and says whom each role has to trust."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from esoctl.iam import grants, principals
from esoctl.iam.grants import ANY, Choice, Grant, Place, Requests
from esoctl.iam.principals import ACCOUNT, Annotations, How, Principal
from esoctl.model.remote import Find, RemoteKey
from esoctl.providers.aws.spec import Service, Spec

VERSION = "2012-10-17"
LONGEST = 6144
"""Characters that AWS takes in a managed policy, white space not counted."""

Document = dict[str, object]

_ORDER = (
    "ReadSecrets",
    "DescribeSecrets",
    "ReadSecretsTogether",
    "FindSecrets",
    "DecryptSecrets",
    "ReadParameters",
    "DescribeParameters",
    "FindParameters",
    "ListParameters",
    "DecryptParameters",
    "AssumeRoles",
)
"""Statements of a policy, by what a reader looks for first."""

_PARTITIONS = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
"""By how their regions begin, from AWS's published partitions file."""


class Use(NamedTuple):
    """One request of an ExternalSecret in that namespace, to that store."""

    spec: Spec
    namespace: str
    request: RemoteKey | Find


class Guess(NamedTuple):
    """What stands where the manifests do not tell."""

    account: str = ""
    partition: str = ""
    oidc_provider: str = "OIDC_PROVIDER"


@dataclass
class Policies:
    """What is to be allowed, by the name of the identity, and the trust that each role needs, by its ARN."""

    permissions: dict[str, Document] = field(default_factory=dict)
    trust: dict[str, Document] = field(default_factory=dict)


class _Asked(NamedTuple):
    """Requests that share an identity, a region and a service."""

    principal: Principal
    region: str
    service: Service


def policies(
    uses: Iterable[Use], annotations: Annotations, choice: Choice, guess: Guess, *, session_tags: bool = False
) -> Policies:
    """The least policies for all uses together."""
    asked: dict[_Asked, dict[RemoteKey | Find, None]] = {}
    granted: dict[str, list[Grant]] = {}
    trusted: dict[str, list[Document]] = {}
    for spec, namespace, request in uses:
        chain = principals.chain(spec, namespace, annotations)
        asked.setdefault(_Asked(chain[-1], spec.region, spec.service), {})[_full(spec, request)] = None
        _log_in(chain, spec, granted, session_tags=session_tags)
        _trust(chain, spec, guess, trusted, session_tags=session_tags)
    for (principal, region, service), requests in asked.items():
        place = _place(principal, region, guess)
        found = grants.grants(service, place, _sorted(requests), choice)
        granted.setdefault(principal.name, []).extend(found)
    return Policies(
        {name: _document(_statements(found)) for name, found in sorted(granted.items())},
        {role: _document(found) for role, found in sorted(trusted.items())},
    )


def size(document: Document) -> int:
    """Characters of a policy as AWS counts them."""
    return len("".join(json.dumps(document, separators=(",", ":")).split()))


def _full(spec: Spec, request: RemoteKey | Find) -> RemoteKey | Find:
    return request if isinstance(request, Find) else request._replace(key=spec.prefix + request.key)


def _sorted(requests: Iterable[RemoteKey | Find]) -> Requests:
    listed = list(requests)
    return Requests(
        tuple(one for one in listed if isinstance(one, RemoteKey)),
        tuple(one for one in listed if isinstance(one, Find)),
    )


def _place(principal: Principal, region: str, guess: Guess) -> Place:
    account = guess.account or principal.account
    return Place(guess.partition or partition(region), region.removeprefix("fips-").removesuffix("-fips"), account)


def partition(region: str) -> str:
    """The partition that a region is in."""
    bare = region.removeprefix("fips-")
    return next((name for beginning, name in _PARTITIONS if bare.startswith(beginning)), "aws")


def _log_in(chain: list[Principal], spec: Spec, granted: dict[str, list[Grant]], *, session_tags: bool) -> None:
    for before, role in pairwise(chain):
        found = granted.setdefault(before.name, [])
        found.append(Grant("AssumeRoles", "sts:AssumeRole", role.name))
        if role is chain[-1] and _tagged(spec, session_tags=session_tags):
            found.append(Grant("AssumeRoles", "sts:TagSession", role.name))


def _tagged(spec: Spec, *, session_tags: bool) -> bool:
    return session_tags or bool(spec.roles.hops(spec.store, "x")[-1].tags)


def _trust(
    chain: list[Principal], spec: Spec, guess: Guess, trusted: dict[str, list[Document]], *, session_tags: bool
) -> None:
    base = chain[0]
    if base.how is How.TOKEN:
        _add(trusted, base.name, _trust_in_tokens(base, guess, partition(spec.region)))
    for before, role in pairwise(chain):
        last = role is chain[-1]
        tagged = last and _tagged(spec, session_tags=session_tags)
        statement: Document = {
            "Effect": "Allow",
            "Principal": {"AWS": _named(before, guess, partition(spec.region))},
            "Action": ["sts:AssumeRole", "sts:TagSession"] if tagged else ["sts:AssumeRole"],
        }
        if last and spec.roles.role and spec.roles.external_id:
            statement["Condition"] = {"StringEquals": {"sts:ExternalId": spec.roles.external_id}}
        _add(trusted, role.name, statement)


def _trust_in_tokens(base: Principal, guess: Guess, where: str) -> Document:
    account = guess.account or base.account
    provider = guess.oidc_provider
    return {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:{guess.partition or where}:iam::{account}:oidc-provider/{provider}"},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": {
            "StringEquals": {f"{provider}:aud": list(base.audiences), f"{provider}:sub": base.subject},
        },
    }


def _named(principal: Principal, guess: Guess, where: str) -> str:
    """Whom to trust, as an ARN; with something to fill in where the manifests do not tell."""
    if principal.name.startswith("arn:"):
        return principal.name
    kind = "user/USER" if principal.how is How.KEYS else "role/ROLE"
    return f"arn:{guess.partition or where}:iam::{guess.account or ACCOUNT}:{kind}"


def _add(trusted: dict[str, list[Document]], role: str, statement: Document) -> None:
    statements = trusted.setdefault(role, [])
    if statement not in statements:
        statements.append(statement)


def _statements(found: Iterable[Grant]) -> list[Document]:
    by_sid: dict[str, list[Grant]] = {}
    for grant in found:
        by_sid.setdefault(grant.sid, []).append(grant)
    return [_statement(sid, by_sid[sid]) for sid in sorted(by_sid, key=_ORDER.index)]


def _statement(sid: str, found: list[Grant]) -> Document:
    resources = _fewest({grant.resource for grant in found})
    statement: Document = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted({grant.action for grant in found}),
        "Resource": ANY if ANY in resources else resources,
    }
    conditions = _conditions(found)
    return statement | ({"Condition": conditions} if conditions else {})


def _conditions(found: Iterable[Grant]) -> Mapping[str, Mapping[str, list[str]]]:
    values: dict[str, dict[str, set[str]]] = {}
    for grant in found:
        for operator, key, value in grant.conditions:
            values.setdefault(operator, {}).setdefault(key, set()).add(value)
    return {operator: {key: _fewest(held) for key, held in keys.items()} for operator, keys in values.items()}


def _fewest(patterns: Collection[str]) -> list[str]:
    """Without those that another one, which ends in an asterisk, takes in."""
    wide = [pattern.removesuffix(ANY) for pattern in patterns if pattern.endswith(ANY)]
    return sorted(one for one in patterns if not any(one.startswith(w) and one != w + ANY for w in wide))


def _document(statements: list[Document]) -> Document:
    return {"Version": VERSION, "Statement": statements}
