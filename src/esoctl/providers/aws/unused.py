"""Fields under ``spec.provider.aws`` that have no effect as they are used there; see ``plan.unused``.

Source: the reference's AWS auth (external-secrets 2.9.0), which ignores them in silence.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from esoctl.model.meta import Wire

PATH: Final = "spec.provider.aws"


class _Auth(Wire, frozen=True):
    secret_ref: dict[str, msgspec.Raw] | None = None
    jwt: dict[str, msgspec.Raw] | None = None


class _Body(Wire, frozen=True):
    auth: _Auth = _Auth()
    role: str = ""
    external_id: str = msgspec.field(name="externalID", default="")
    session_tags: tuple[msgspec.Raw, ...] = ()
    session_tags_policy: str = "None"
    custom_session_tags: dict[str, str] = {}
    transitive_tag_keys: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(_Body)


def fields(body: msgspec.Raw) -> list[tuple[str, str]]:
    """(path, why) of each; none of a body that does not decode, which is told otherwise."""
    try:
        return list(_found(_decoder.decode(body)))
    except msgspec.ValidationError:
        return []


def _found(body: _Body) -> Iterator[tuple[str, str]]:
    if body.auth.jwt is not None and body.auth.secret_ref is not None:
        yield f"{PATH}.auth.secretRef", "auth.jwt is used"
    if not body.role:
        yield from _of_a_role(body)
        return
    policy = body.session_tags_policy or "None"
    if body.session_tags and policy != "None":
        yield f"{PATH}.sessionTags", f"sessionTagsPolicy {policy} sets the tags"
    if body.custom_session_tags and policy != "Custom":
        yield f"{PATH}.customSessionTags", "sessionTagsPolicy is not Custom"


def _of_a_role(body: _Body) -> Iterator[tuple[str, str]]:
    named = {
        "externalID": bool(body.external_id),
        "sessionTags": bool(body.session_tags),
        "sessionTagsPolicy": body.session_tags_policy not in ("", "None"),
        "customSessionTags": bool(body.custom_session_tags),
        "transitiveTagKeys": bool(body.transitive_tag_keys),
    }
    yield from (
        (f"{PATH}.{name}", "it is for the session of role, and no role is named") for name in named if named[name]
    )
