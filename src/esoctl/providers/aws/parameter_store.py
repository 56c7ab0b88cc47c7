"""Values of AWS Systems Manager Parameter Store.

* A version is a number or a label, written after the name. Encrypted values are always decrypted.
* Tags come as JSON by ListTagsForResource.

Source: the reference's ``providers/v1/aws/parameterstore``, and the Systems Manager API reference. DIFFERS: tags are
asked for by the bare name, because a name with a version is no resource of AWS.
"""

from collections.abc import Mapping, Sequence

from esoctl.errors import ProviderError, SecretMissing
from esoctl.model.remote import MetadataPolicy, RemoteKey
from esoctl.model.values import Payload
from esoctl.providers.aws import answers, faults
from esoctl.providers.aws.api import Answer, Api

NAME = "ssm"
LABEL = "AWS/ParameterStore"
BATCH_SIZE = 10
BATCH = "GetParameters"
GET = "GetParameter"
TAGS = "ListTagsForResource"


class Fetcher:
    """Reads by full remote name."""

    provider = LABEL
    batch_call = BATCH
    batch_size = BATCH_SIZE

    def __init__(self, api: Api) -> None:
        self._api = api

    async def one(self, ref: RemoteKey) -> Payload:
        if ref.metadata is MetadataPolicy.FETCH:
            listed = await self._api.call(TAGS, ref.key, ResourceType="Parameter", ResourceId=ref.key)
            if not isinstance(listed.get("TagList"), list):
                raise faults.empty(LABEL, TAGS, ref.key)
            return Payload(answers.tags_json(answers.items(listed, "TagList")))
        name = f"{ref.key}:{ref.version}" if ref.version else ref.key
        answer = await self._api.call(GET, name, Name=name, WithDecryption=True)
        parameter = answer.get("Parameter")
        return payload(parameter if isinstance(parameter, Mapping) else {}, GET, name)

    async def many(self, keys: Sequence[str]) -> Mapping[str, Payload | ProviderError]:
        answer = await self._api.call(BATCH, Names=list(keys), WithDecryption=True)
        found = _by_every_name(answer)
        missing = answer.get("InvalidParameters")
        gone = set(missing) if isinstance(missing, list) else set()
        outcome: dict[str, Payload | ProviderError] = {}
        for key in keys:
            if key in found:
                outcome[key] = _item(found[key], key)
            elif key in gone:
                outcome[key] = SecretMissing(LABEL, BATCH, faults.MISSING)
        return outcome


def payload(parameter: Answer, call: str, key: str) -> Payload:
    """The value of a parameter; raises BadAnswer when it has none."""
    value, version = parameter.get("Value"), parameter.get("Version")
    if not isinstance(value, str):
        raise faults.empty(LABEL, call, key)
    arn = answers.text(parameter, "ARN")
    if not isinstance(version, int) or not version:
        return Payload(value.encode(), source=arn)
    return Payload(value.encode(), str(version), float(version), arn, _labels(answers.text(parameter, "Selector")))


def _labels(selector: str) -> tuple[str, ...]:
    """The label that was asked for, which AWS repeats as it repeats a number."""
    label = selector.removeprefix(":")
    return (label,) if label and not label.isdigit() else ()


def _item(parameter: Answer, key: str) -> Payload | ProviderError:
    try:
        return payload(parameter, BATCH, key)
    except ProviderError as error:
        return error


def _by_every_name(answer: Answer) -> dict[str, Answer]:
    """A parameter asked for by its ARN comes back under its name."""
    listed = list(answers.items(answer, "Parameters"))
    whole = {answers.text(item, "ARN"): item for item in listed}
    return whole | {answers.text(item, "Name"): item for item in listed}
