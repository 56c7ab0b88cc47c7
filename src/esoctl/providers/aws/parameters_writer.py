"""Writes parameters of AWS Systems Manager Parameter Store: read, compare, write.

* Only a parameter that carries our tag is overwritten or deleted.
* A value that is there already causes no new version, and then nothing else is looked at, as in the reference.
* Tags follow the settings where those name any. DIFFERS: without any the reference removes all foreign tags.

Source: the reference's ``PushSecret`` and ``DeleteSecret``.
"""

from esoctl.errors import BadRequest, SecretMissing
from esoctl.model.remote import RemoteKey
from esoctl.providers.aws import answers, parameter_store, push, writing
from esoctl.providers.aws.api import Api
from esoctl.providers.aws.push import ParameterSettings
from esoctl.providers.contract import Change, Metadata

WHAT = "parameter"
_KIND = "Parameter"


class ParameterWriter:
    """Writes by name; ``prefix`` is glued before every key."""

    def __init__(self, api: Api, prefix: str) -> None:
        self._api = api
        self._prefix = prefix
        self._reader = parameter_store.Fetcher(api)

    async def put(self, key: str, change: Change, metadata: Metadata = None) -> bool:
        name, settings = self._prefix + key, push.for_parameter(metadata)
        before = await self._value(name)
        if before is None:
            tags = writing.as_list(writing.with_owner(settings.tags))
            await self._write(name, change(None), settings, Overwrite=False, Tags=tags)
            return True
        held = await self._tags(name)
        writing.require_own(name, held, WHAT)
        after = change(before)
        if after == before:
            return False
        await self._write(name, after, settings, Overwrite=True)
        await self._tag(name, held, settings)
        return True

    async def delete(self, key: str) -> bool:
        name = self._prefix + key
        if await self._value(name) is None or not writing.own(await self._tags(name)):
            return False
        try:
            await self._api.call("DeleteParameter", name, Name=name)
        except SecretMissing:
            return False
        return True

    async def exists(self, key: str) -> bool:
        return await self._value(self._prefix + key) is not None

    async def _value(self, name: str) -> bytes | None:
        try:
            return (await self._reader.one(RemoteKey(name))).value
        except SecretMissing:
            return None

    async def _tags(self, name: str) -> dict[str, str]:
        listed = await self._api.call("ListTagsForResource", name, ResourceType=_KIND, ResourceId=name)
        return {answers.text(tag, "Key"): answers.text(tag, "Value") for tag in answers.items(listed, "TagList")}

    async def _write(self, name: str, value: bytes, settings: ParameterSettings, **more: object) -> None:
        encrypted = {"KeyId": settings.kms_key} if settings.kind == "SecureString" else {}
        parameters = {"Type": settings.kind, "Description": settings.description, **encrypted, **settings.tier, **more}
        await self._api.call("PutParameter", name, Name=name, Value=self._text(name, value), **parameters)

    async def _tag(self, name: str, before: dict[str, str], settings: ParameterSettings) -> None:
        gone, new = writing.changes(before, settings.tags)
        where = {"ResourceType": _KIND, "ResourceId": name}
        if gone:
            await self._api.call("RemoveTagsFromResource", name, TagKeys=gone, **where)
        if new:
            await self._api.call("AddTagsToResource", name, Tags=writing.as_list(new), **where)

    def _text(self, name: str, value: bytes) -> str:
        try:
            return value.decode()
        except UnicodeDecodeError:
            problem = f"the value for {name!r} is no text, which is all that a parameter can hold; encode it"
            raise BadRequest(self._api.provider, "PutParameter", problem) from None
