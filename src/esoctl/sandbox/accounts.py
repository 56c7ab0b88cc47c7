"""Gives out tokens of service accounts (the subresource ``token``) and knows whose a token is.

A token looks like a JSON web token, with the claims that clients read, but its signature is random: only this sandbox
takes it (k8s.io/kubernetes ``pkg/registry/core/serviceaccount/storage/token.go`` for the rules and texts).
"""

import base64
import json

from esoctl.sandbox import bodies, lookup, moments, problems, statuses
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.requests import Call, Response
from esoctl.sandbox.statuses import Problem
from esoctl.sandbox.world import World

_GROUP, _KIND = "authentication.k8s.io", "TokenRequest"
_AUDIENCE = "https://kubernetes.default.svc"
_SHORTEST, _LONGEST = 600, 2**32
_HOUR = 3600


class _TokenRequests:
    group = _GROUP
    plural = _KIND
    kind = _KIND


def request_token(world: World, call: Call) -> Response:
    account = world.store.get(call.resource.key, call.place)
    wanted = bodies.read_object(call.request, call.resource) if call.request.body else {}
    if account is None:
        raise statuses.not_found(call.resource, call.name)
    uid = lookup.uid_of(account)
    if (asked := lookup.uid_of(wanted)) and asked != uid:
        words = f"the UID in the token request ({asked}) does not match the UID of the service account ({uid})"
        raise statuses.conflict(_TokenRequests(), call.name, words)
    seconds = lookup.number(wanted, "spec", "expirationSeconds") if _has_lifetime(wanted) else _HOUR
    _check(seconds)
    audiences = lookup.texts(wanted, "spec", "audiences") or [_AUDIENCE]
    token, expires = _issue(world, call, uid, audiences, seconds)
    body: Doc = {
        "kind": _KIND,
        "apiVersion": f"{_GROUP}/v1",
        "metadata": {"name": call.name, "namespace": call.namespace, "uid": uid, "creationTimestamp": world.now()},
        "spec": {**lookup.child(wanted, "spec"), "audiences": list(audiences), "expirationSeconds": seconds},
        "status": {"token": token, "expirationTimestamp": expires},
    }
    return Response(201, body)


def _has_lifetime(wanted: Doc) -> bool:
    return lookup.find(wanted, "spec", "expirationSeconds") is not None


def _check(seconds: int) -> None:
    found: list[Problem] = []
    field = "spec.expirationSeconds"
    if seconds < _SHORTEST:
        found.append(problems.invalid(field, seconds, "may not specify a duration less than 10 minutes"))
    if seconds > _LONGEST:
        found.append(problems.invalid(field, seconds, "may not specify a duration larger than 2^32 seconds"))
    if found:
        raise statuses.invalid(_GROUP, _KIND, "", found)


def _issue(world: World, call: Call, uid: str, audiences: list[str], seconds: int) -> tuple[str, str]:
    now = world.now()
    expires = moments.later(now, seconds)
    subject = f"system:serviceaccount:{call.namespace}:{call.name}"
    claims: Doc = {
        "aud": list(audiences),
        "exp": moments.epoch(expires),
        "iat": moments.epoch(now),
        "nbf": moments.epoch(now),
        "iss": _AUDIENCE,
        "sub": subject,
        "kubernetes.io": {"namespace": call.namespace, "serviceaccount": {"name": call.name, "uid": uid}},
    }
    header: Doc = {"alg": "none", "kid": "sandbox"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, claims)]
    token = ".".join(_encode(part) for part in (*parts, world.entropy(32)))
    world.tokens[token] = subject
    return token, expires


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
