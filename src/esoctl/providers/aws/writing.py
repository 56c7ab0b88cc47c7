"""What writers of both services share: who owns a remote secret, and how its tags come to be as wanted."""

from collections.abc import Mapping

from esoctl.errors import OwnedByAnother
from esoctl.providers.aws.push import OWNER, OWNER_TAG

RESERVED = "aws:"
"""Tags of AWS itself; it refuses to have them taken away (DIFFERS: the reference tries to)."""


def own(tags: Mapping[str, str]) -> bool:
    """Whether a remote secret with those tags is ours to change."""
    return tags.get(OWNER_TAG) == OWNER


def require_own(key: str, tags: Mapping[str, str], what: str) -> None:
    """Raise OwnedByAnother, in the reference's words, for one that is not."""
    if not own(tags):
        problem = (
            f"{what} not managed by external-secrets: {key!r} has no tag {OWNER_TAG}={OWNER};"
            " choose another key, or tag it so if it may be overwritten"
        )
        raise OwnedByAnother(problem, by_external_secret=False)


def with_owner(tags: Mapping[str, str] | None) -> dict[str, str]:
    """The tags that a new remote secret gets."""
    return {**(tags or {}), OWNER_TAG: OWNER}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as AWS takes them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def changes(before: Mapping[str, str], wanted: Mapping[str, str] | None) -> tuple[list[str], dict[str, str]]:
    """Keys to take away and tags to set; nothing where none are wanted, so that hand-made tags stay."""
    if wanted is None:
        return [], {}
    after = with_owner(wanted)
    gone = sorted(key for key in before if key not in after and not key.startswith(RESERVED))
    return gone, {key: value for key, value in after.items() if before.get(key) != value}
