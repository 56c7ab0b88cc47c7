"""A printed policy is enough, and no statement of it is too much: the real client reads under it."""

import copy
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import anyio
import pytest

from esoctl.errors import ProviderError
from esoctl.iam import policies
from esoctl.iam.grants import Choice
from esoctl.iam.policies import Guess, Use
from esoctl.model.remote import Find, MetadataPolicy, RemoteKey
from esoctl.model.store import RetrySettings
from esoctl.providers.aws import decoding
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Settings
from support import aws, stores
from support.aws_double import Asked, Said, failed, said
from support.aws_memory import URL, MemoryAws, MemorySession

ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0000"
Needed = tuple[str, str, dict[str, str]]
"""An action, a resource, and what conditions see."""

SECRETS = ("app/db", "app/tls", "web/db")
PARAMETERS = ("/app/db", "/app/tls", "/web/db")


class Guarded(MemoryAws):
    """Allows what the policy allows."""

    def __init__(self, policy: Any) -> None:
        super().__init__()
        self.policy = policy
        self.denied: list[str] = []
        self.calls: list[str] = []
        for name in SECRETS:
            self.world.rotate(name, "value")
            self.world.secrets[name].tags = {"env": "prod"}
        self.world.parameters.update(dict.fromkeys(PARAMETERS, "value"))

    async def answer(self, asked: Asked) -> Said:
        self.calls.append(asked.operation)
        for action, resource, context in self.needed(asked):
            if not allows(self.policy, action, resource, context):
                self.denied.append(action)
                return failed("AccessDeniedException", f"not authorized to perform: {action} on resource: {resource}")
        if asked.operation == "DescribeParameters":
            return said({"Parameters": [{"Name": name} for name in PARAMETERS if name.startswith("/app/")]})
        if asked.operation == "ListTagsForResource":
            return said({"TagList": []})
        return await super().answer(asked)

    def needed(self, asked: Asked) -> Iterator[Needed]:
        """What AWS looks for in the policies of who asks."""
        parameters: Any = asked.parameters
        if asked.operation in ("ListSecrets", "DescribeParameters"):
            service = "ssm" if asked.operation == "DescribeParameters" else "secretsmanager"
            yield f"{service}:{asked.operation}", "*", {}
        elif asked.operation == "BatchGetSecretValue":
            yield "secretsmanager:BatchGetSecretValue", "*", {}
            if "Filters" in parameters:
                yield "secretsmanager:ListSecrets", "*", {}
            for name in parameters.get("SecretIdList") or filtered(parameters["Filters"]):
                yield from self.secret("secretsmanager:GetSecretValue", name)
        elif "SecretId" in parameters:
            yield from self.secret(f"secretsmanager:{asked.operation}", parameters["SecretId"])
        else:
            names = parameters.get("Names") or [parameters.get(key) for key in ("Name", "Path", "ResourceId")]
            for name in filter(None, names):
                yield from parameter(f"ssm:{asked.operation}", name)

    def secret(self, action: str, name: str) -> Iterator[Needed]:
        arn = self.world.secrets[name].arn
        yield action, arn, {}
        if action.endswith("GetSecretValue"):
            via = "secretsmanager.eu-west-1.amazonaws.com"
            yield "kms:Decrypt", KEY, {"kms:ViaService": via, "kms:EncryptionContext:SecretARN": arn}


def parameter(action: str, name: str) -> Iterator[Needed]:
    beginning = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter"
    yield action, beginning + name, {}
    below = [each for each in PARAMETERS if each.startswith(f"{name}/")] if action.endswith("ByPath") else [name]
    for each in below if "Get" in action else []:
        via = "ssm.eu-west-1.amazonaws.com"
        yield "kms:Decrypt", KEY, {"kms:ViaService": via, "kms:EncryptionContext:PARAMETER_ARN": beginning + each}


def filtered(filters: list[dict[str, Any]]) -> list[str]:
    prefix = next((one["Values"][0] for one in filters if one["Key"] == "name"), "")
    return [name for name in SECRETS if name.startswith(prefix)]


def allows(policy: Any, action: str, resource: str, context: dict[str, str]) -> bool:
    """As IAM reads a policy: any statement may allow, all of its conditions must hold."""
    return any(
        action in statement["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in listed(statement["Resource"]))
        and all(
            any(fnmatchcase(context.get(key, ""), pattern) for pattern in patterns)
            for keys in statement.get("Condition", {}).values()
            for key, patterns in keys.items()
        )
        for statement in policy["Statement"]
    )


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


CASES = [
    pytest.param("SecretsManager", [RemoteKey("app/db")], id="one secret"),
    pytest.param("SecretsManager", [RemoteKey("app/db"), RemoteKey("app/tls")], id="two secrets"),
    pytest.param(
        "SecretsManager",
        [RemoteKey("app/db", "AWSCURRENT"), RemoteKey("app/tls", "", MetadataPolicy.FETCH)],
        id="a version and tags",
    ),
    pytest.param("SecretsManager", [Find(regexp="^app/")], id="secrets by name"),
    pytest.param("SecretsManager", [Find(regexp="db", path="app/")], id="secrets below a path"),
    pytest.param("SecretsManager", [Find(tags=(("env", "prod"),))], id="secrets by tags"),
    pytest.param("ParameterStore", [RemoteKey("/app/db")], id="one parameter"),
    pytest.param("ParameterStore", [RemoteKey("/app/db"), RemoteKey("/app/tls")], id="two parameters"),
    pytest.param("ParameterStore", [RemoteKey("/app/db", "", MetadataPolicy.FETCH)], id="tags of a parameter"),
    pytest.param("ParameterStore", [Find(regexp="db", path="/app")], id="parameters below a path"),
    pytest.param("ParameterStore", [Find(path="/app", tags=(("env", "prod"),))], id="parameters by tags"),
]


def printed(service: str, requests: list[RemoteKey | Find], *, batching: bool) -> Any:
    spec = decoding.decode(stores.raw(aws.a_body(service)), stores.a_scope())
    uses = [Use(spec, "team", request) for request in requests]
    (policy,) = policies.policies(uses, {}, Choice(batching), Guess(ACCOUNT)).permissions.values()
    return policy


async def read(guarded: Guarded, service: str, requests: list[RemoteKey | Find], *, batching: bool) -> list[Exception]:
    """Make all requests at once, as the operator does; what failed."""
    failures: list[Exception] = []
    async with MemorySession(guarded, Settings(aws.everywhere(URL), batching=batching)) as session:
        scope = stores.a_scope(retry=RetrySettings(max_retries=1))
        backend = Aws(session).decode(stores.raw(aws.a_body(service)), scope)
        async with backend.open(aws.credentials()) as client, anyio.create_task_group() as tasks:

            async def one(request: RemoteKey | Find) -> None:
                try:
                    if isinstance(request, Find):
                        assert [item async for item in client.find(request)]
                    else:
                        await client.get(request)
                except ProviderError as error:
                    failures.append(error)

            for request in requests:
                tasks.start_soon(one, request)
    return failures


@pytest.mark.asyncio
@pytest.mark.parametrize("batching", [pytest.param(True, id="batches"), pytest.param(False, id="no batches")])
@pytest.mark.parametrize(("service", "requests"), CASES)
async def test_the_policy_is_enough(service: str, requests: list[RemoteKey | Find], *, batching: bool) -> None:
    guarded = Guarded(printed(service, requests, batching=batching))

    failures = await read(guarded, service, requests, batching=batching)

    # A search asks for values at once whatever is said of batches; where that is denied it lists and reads.
    search = [] if batching else ["secretsmanager:BatchGetSecretValue"]
    assert failures == []
    assert set(guarded.denied) <= set(search)


@pytest.mark.asyncio
@pytest.mark.parametrize(("service", "requests"), CASES)
async def test_nothing_of_the_policy_is_too_much(service: str, requests: list[RemoteKey | Find]) -> None:
    policy = printed(service, requests, batching=True)
    for left_out in policy["Statement"]:
        less = copy.deepcopy(policy)
        less["Statement"].remove(left_out)
        guarded = Guarded(less)

        failures = await read(guarded, service, requests, batching=True)

        assert failures or guarded.denied, left_out["Sid"]
