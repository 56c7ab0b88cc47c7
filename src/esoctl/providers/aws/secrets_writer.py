"""Writes secrets of AWS Secrets Manager: read, compare, write.

* Only a secret that carries our tag is overwritten or deleted. One that is scheduled for deletion is an error.
* A value that is there already causes no new version, whatever else is set.
* Tags follow the settings where those name any; description and KMS key are set once, as in the reference.

Source: the reference's ``PushSecret`` and ``DeleteSecret``. DIFFERS: policies and replicas are not touched by a push
(the reference deletes a resource policy at every push); a secret without a value, or one that goes already, can be
deleted; the whole secret is deleted only when that is asked for, never for one property.
"""

from esoctl.errors import BadRequest, SecretMissing
from esoctl.model.remote import RemoteKey
from esoctl.providers.aws import answers, push, secrets_manager, writing
from esoctl.providers.aws.api import Answer, Api
from esoctl.providers.aws.push import SecretSettings
from esoctl.providers.aws.spec import Deletion
from esoctl.providers.contract import Change, Metadata

WHAT = "secret"


class SecretWriter:
    """Writes by name; ``prefix`` is glued before every key."""

    def __init__(self, api: Api, prefix: str, deletion: Deletion) -> None:
        self._api = api
        self._prefix = prefix
        self._deletion = deletion
        self._reader = secrets_manager.Fetcher(api)

    async def put(self, key: str, change: Change, metadata: Metadata = None) -> bool:
        name, settings = self._prefix + key, push.for_secret(metadata)
        described = await self._described(name)
        if described is None:
            await self._create(name, change(None), settings)
            return True
        tags = _tags(described)
        writing.require_own(name, tags, WHAT)
        self._require_kept(name, described)
        tagged = await self._tag(name, tags, settings)
        before = await self._value(name, described)
        after = change(before)
        if after == before:
            return tagged
        await self._api.call("PutSecretValue", name, SecretId=name, **_content(name, after, settings, self._api))
        return True

    async def delete(self, key: str) -> bool:
        name = self._prefix + key
        described = await self._described(name)
        if described is None or "DeletedDate" in described or not writing.own(_tags(described)):
            return False
        replicas = [answers.text(item, "Region") for item in answers.items(described, "ReplicationStatus")]
        if replicas:
            await self._api.call("RemoveRegionsFromReplication", name, SecretId=name, RemoveReplicaRegions=replicas)
        try:
            await self._api.call("DeleteSecret", name, SecretId=name, **_deletion(self._deletion))
        except SecretMissing:
            return False
        return True

    async def exists(self, key: str) -> bool:
        name = self._prefix + key
        described = await self._described(name)
        if described is None:
            return False
        self._require_kept(name, described)
        return bool(described.get("VersionIdsToStages"))

    async def _described(self, name: str) -> Answer | None:
        try:
            return await self._api.call("DescribeSecret", name, SecretId=name)
        except SecretMissing:
            return None

    def _require_kept(self, name: str, described: Answer) -> None:
        if "DeletedDate" in described:
            problem = f"secret {name!r} is marked for deletion in AWS; restore it, or choose another key"
            raise BadRequest(self._api.provider, "DescribeSecret", problem)

    async def _value(self, name: str, described: Answer) -> bytes | None:
        """The current value; None for a secret that has none yet."""
        if not described.get("VersionIdsToStages"):
            return None
        try:
            return (await self._reader.one(RemoteKey(name))).value
        except SecretMissing:
            return None

    async def _create(self, name: str, value: bytes, settings: SecretSettings) -> None:
        await self._api.call(
            "CreateSecret",
            name,
            Name=name,
            Description=settings.description,
            KmsKeyId=settings.kms_key,
            Tags=writing.as_list(writing.with_owner(settings.tags)),
            **_content(name, value, settings, self._api),
        )

    async def _tag(self, name: str, before: dict[str, str], settings: SecretSettings) -> bool:
        gone, new = writing.changes(before, settings.tags)
        if gone:
            await self._api.call("UntagResource", name, SecretId=name, TagKeys=gone)
        if new:
            await self._api.call("TagResource", name, SecretId=name, Tags=writing.as_list(new))
        return bool(gone or new)


def _tags(described: Answer) -> dict[str, str]:
    return {answers.text(tag, "Key"): answers.text(tag, "Value") for tag in answers.items(described, "Tags")}


def _content(name: str, value: bytes, settings: SecretSettings, api: Api) -> dict[str, object]:
    if not settings.text:
        return {"SecretBinary": value}
    try:
        return {"SecretString": value.decode()}
    except UnicodeDecodeError:
        problem = f"the value for {name!r} is no text; leave secretPushFormat out to push it as binary"
        raise BadRequest(api.provider, "PutSecretValue", problem) from None


def _deletion(deletion: Deletion) -> dict[str, object]:
    if deletion.force:
        return {"ForceDeleteWithoutRecovery": True}
    return {"RecoveryWindowInDays": deletion.window_days} if deletion.window_days else {}
