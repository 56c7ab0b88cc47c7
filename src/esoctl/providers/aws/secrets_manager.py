"""Values of AWS Secrets Manager.

* A version is a stage (``AWSCURRENT`` without one), or ``uuid/<id>`` for a version by its id.
* A text wins over binary where a secret has both; neither of them is an error, never absence.
* Tags come as JSON by DescribeSecret, whatever the version.

Source: the reference's ``providers/v1/aws/secretsmanager``, and the Secrets Manager API reference.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from esoctl.errors import ProviderError
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws import answers, faults
from esoctl.providers.aws.api import Answer, Api

NAME = "secretsmanager"
LABEL = "AWS/SecretsManager"
BATCH_SIZE = 20
BATCH = "BatchGetSecretValue"
GET = "GetSecretValue"
DESCRIBE = "DescribeSecret"
CURRENT = "AWSCURRENT"

_ARN_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


class Fetcher:
    """Reads by full remote name."""

    provider = LABEL
    batch_call = BATCH
    batch_size = BATCH_SIZE

    def __init__(self, api: Api) -> None:
        self._api = api

    async def one(self, ref: RemoteKey) -> Payload:
        if ref.metadata is MetadataPolicy.FETCH:
            described = await self._api.call(DESCRIBE, ref.key, SecretId=ref.key)
            if not answers.text(described, "Name"):
                raise faults.empty(LABEL, DESCRIBE, ref.key)
            return Payload(answers.tags_json(answers.items(described, "Tags")))
        answer = await self._api.call(GET, ref.key, SecretId=ref.key, **_version(ref.version))
        return payload(answer, GET, ref.key)

    async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
        answer = await self._api.call(BATCH, SecretIdList=list(keys))
        found = _by_every_name(answers.items(answer, "SecretValues"))
        failed = {answers.text(item, "SecretId"): item for item in answers.items(answer, "Errors")}
        outcome: dict[str, Payload | ProviderError] = {}
        for key in keys:
            if key in failed:
                outcome[key] = item_error(failed[key], key)
            elif key in found:
                outcome[key] = _item(found[key], key)
        return outcome


def payload(answer: Answer, call: str, key: str) -> Payload:
    """The value of an answer; raises BadAnswer when it has none."""
    text, binary = answer.get("SecretString"), answer.get("SecretBinary")
    value = text.encode() if isinstance(text, str) else binary
    if isinstance(value, bytes):
        version, arn = answers.text(answer, "VersionId"), answers.text(answer, "ARN")
        stages = answers.texts(answer, "VersionStages")
        return Payload(value, version, answers.seconds(answer, "CreatedDate"), arn, stages)
    raise faults.empty(LABEL, call, key)


def item_error(item: Answer, key: str) -> ProviderError:
    """The error of one item of a batch."""
    return faults.from_code(answers.text(item, "ErrorCode"), answers.text(item, "Message"), LABEL, BATCH, key)


def _version(version: str) -> dict[str, str]:
    kind, slash, identifier = version.partition("/")
    if kind == "uuid" and slash:
        return {"VersionId": identifier}
    return {"VersionStage": version or CURRENT}


def _item(answer: Answer, key: str) -> Payload | ProviderError:
    try:
        return payload(answer, BATCH, key)
    except ProviderError as error:
        return error


def _by_every_name(found: Iterable[Answer]) -> dict[str, Answer]:
    """Answers by all they can have been asked for by: the ARN without AWS's six-character suffix, the ARN, the name."""
    listed = list(found)
    partial = {_ARN_SUFFIX.sub("", answers.text(item, "ARN")): item for item in listed}
    whole = {answers.text(item, "ARN"): item for item in listed}
    return partial | whole | {answers.text(item, "Name"): item for item in listed}
