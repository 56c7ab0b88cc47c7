"""Answers access and token reviews: every known bearer may do everything.

The sandbox has no authorization; these answers let clients that ask first (``kubectl auth can-i``, an operator that
checks its own rights) go on.
"""

from collections.abc import Callable

from esoctl.sandbox import lookup
from esoctl.sandbox.documents import Doc
from esoctl.sandbox.resources import Asking, Resource

_AUDIENCE = "https://kubernetes.default.svc"
_EVERYTHING: Doc = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
_ANY_URL: Doc = {"verbs": ["*"], "nonResourceURLs": ["*"]}


def _allowed(doc: Doc, asking: Asking) -> Doc:  # noqa: ARG001 - the signature of an answer
    return {**doc, "status": {"allowed": True, "reason": "the sandbox allows everything"}}


def _rules(doc: Doc, asking: Asking) -> Doc:  # noqa: ARG001 - the signature of an answer
    rules: Doc = {"resourceRules": [_EVERYTHING], "nonResourceRules": [_ANY_URL], "incomplete": False}
    return {**doc, "status": rules}


def _token(doc: Doc, asking: Asking) -> Doc:
    user = asking.whose(lookup.text(doc, "spec", "token"))
    if user is None:
        return {**doc, "status": {"user": {}, "error": "the token is not known to the sandbox"}}
    audiences = lookup.texts(doc, "spec", "audiences") or [_AUDIENCE]
    status: Doc = {"authenticated": True, "user": _user(user), "audiences": list(audiences)}
    return {**doc, "status": status}


def _self(doc: Doc, asking: Asking) -> Doc:
    return {**doc, "status": {"userInfo": _user(asking.user)}}


def _user(name: str) -> Doc:
    groups = ["system:authenticated"]
    if name.startswith("system:serviceaccount:"):
        groups = ["system:serviceaccounts", *groups]
    return {"username": name, "groups": groups}


_Answer = Callable[[Doc, Asking], Doc]


def _review(group: str, plural: str, kind: str, answer: _Answer, *, namespaced: bool = False) -> Resource:
    return Resource(group, "v1", plural, kind, namespaced, verbs=("create",), answer=answer)


REVIEWS = (
    _review("authentication.k8s.io", "tokenreviews", "TokenReview", _token),
    _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", _self),
    _review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", _allowed),
    _review("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", _allowed),
    _review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", _rules),
    _review("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", _allowed, namespaced=True),
)
