"""A small AWS in memory, for what moto cannot be told: when versions were made, which of them is read, when keys end.

It answers the calls that the operator makes, in AWS's words, on the clock of the event loop. Everything it lacks is an
UnknownOperationException, so that nothing passes unnoticed.
"""

import base64
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio

from support.aws_double import Asked, Said, failed, said
from support.aws_script import signed

EPOCH = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
ACCOUNT = "123456789012"
NO_VALUE = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"
NO_SECRET = "Secrets Manager can't find the specified secret."
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
CURRENT = "AWSCURRENT"

_numbers = itertools.count(1)


@dataclass
class Version:
    id: str
    value: str | bytes
    made_at: float


@dataclass
class Secret:
    name: str
    suffix: str
    versions: list[Version] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    """The version that each stage is on."""
    marked: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{self.name}-{self.suffix}"

    def version(self, parameters: Mapping[str, object]) -> Version | None:
        wanted = parameters.get("VersionId") or self.stages.get(str(parameters.get("VersionStage", CURRENT)))
        return next((version for version in self.versions if version.id == wanted), None)


class World:
    """``secrets`` and ``parameters`` by name; ``put`` adds a version, as a rotation does."""

    def __init__(self) -> None:
        self.secrets: dict[str, Secret] = {}
        self.parameters: dict[str, str] = {}
        self.life_seconds = 3600.0
        """How long the keys live that STS lends."""
        self.lent: dict[str, float] = {}
        """When each lent key ends."""

    def put(self, **values: str) -> None:
        for name, value in values.items():
            self.rotate(name.replace("__", "/"), value)

    def rotate(self, name: str, value: str | bytes, *, made_at: float | None = None) -> Version:
        """A new version that is current; the former one is the previous."""
        secret = self.secrets.setdefault(name, Secret(name, _suffix()))
        version = Version(f"{next(_numbers):08d}-0000-4000-8000-000000000000", value, _now(made_at))
        secret.versions.append(version)
        if CURRENT in secret.stages:
            secret.stages["AWSPREVIOUS"] = secret.stages[CURRENT]
        secret.stages[CURRENT] = version.id
        return version

    def recreate(self, name: str, value: str) -> None:
        """The same name with another ARN."""
        self.secrets.pop(name, None)
        self.rotate(name, value)

    async def answer(self, asked: Asked) -> Said:
        await anyio.sleep(0.01)
        signer, _ = signed(asked)
        if signer in self.lent and self.lent[signer] <= _now():
            return failed("ExpiredTokenException", "The security token included in the request is expired")
        answer = getattr(self, f"_{asked.operation}", None)
        return failed("UnknownOperationException") if answer is None else answer(asked.parameters)

    def _GetSecretValue(self, wanted: Mapping[str, object]) -> Said:
        found = self._find(str(wanted["SecretId"]))
        if found is None:
            return failed("ResourceNotFoundException", NO_SECRET)
        if found.marked:
            return failed("InvalidRequestException", MARKED)
        version = found.version(wanted)
        return failed("ResourceNotFoundException", NO_VALUE) if version is None else said(_value(found, version))

    def _BatchGetSecretValue(self, wanted: Mapping[str, Any]) -> Said:
        if "Filters" in wanted:
            found = [secret for secret in self.secrets.values() if not secret.marked and _passes(secret, wanted)]
            return said({"SecretValues": [_value(secret, secret.version({})) for secret in found], "Errors": []})
        values, errors = [], []
        for key in wanted["SecretIdList"]:
            secret = self._find(key)
            version = None if secret is None else secret.version({})
            if secret is not None and secret.marked:
                errors.append({"SecretId": key, "ErrorCode": "InvalidRequestException", "Message": MARKED})
            elif secret is None or version is None:
                errors.append({"SecretId": key, "ErrorCode": "ResourceNotFoundException", "Message": NO_SECRET})
            else:
                values.append(_value(secret, version))
        return said({"SecretValues": values, "Errors": errors})

    def _ListSecrets(self, wanted: Mapping[str, Any]) -> Said:
        found = [secret for secret in self.secrets.values() if not secret.marked and _passes(secret, wanted)]
        return said({"SecretList": [{"Name": secret.name, "ARN": secret.arn} for secret in found]})

    def _DescribeSecret(self, wanted: Mapping[str, object]) -> Said:
        found = self._find(str(wanted["SecretId"]))
        if found is None:
            return failed("ResourceNotFoundException", NO_SECRET)
        tags = [{"Key": key, "Value": value} for key, value in found.tags.items()]
        return said({"Name": found.name, "ARN": found.arn, "Tags": tags})

    def _GetParameter(self, wanted: Mapping[str, object]) -> Said:
        name = str(wanted["Name"])
        if name not in self.parameters:
            return failed("ParameterNotFound", "")
        return said({"Parameter": self._parameter(name)})

    def _GetParameters(self, wanted: Mapping[str, Any]) -> Said:
        names: list[str] = wanted["Names"]
        there = [self._parameter(name) for name in names if name in self.parameters]
        return said({"Parameters": there, "InvalidParameters": [n for n in names if n not in self.parameters]})

    def _GetParametersByPath(self, wanted: Mapping[str, object]) -> Said:
        path = str(wanted["Path"]).rstrip("/") + "/"
        return said({"Parameters": [self._parameter(name) for name in self.parameters if name.startswith(path)]})

    def _AssumeRole(self, wanted: Mapping[str, object]) -> Said:
        return self._lend("AssumeRole")

    def _AssumeRoleWithWebIdentity(self, wanted: Mapping[str, object]) -> Said:
        return self._lend("AssumeRoleWithWebIdentity")

    def _lend(self, call: str) -> Said:
        key_id, now = f"ASIALENT{next(_numbers):08d}", _now()
        self.lent[key_id] = now + self.life_seconds
        ends = (EPOCH + timedelta(seconds=now + self.life_seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>s-{key_id}</SecretAccessKey>"
        keys += f"<SessionToken>t-{key_id}</SessionToken><Expiration>{ends}</Expiration>"
        text = f"<{call}Response><{call}Result><Credentials>{keys}</Credentials></{call}Result></{call}Response>"
        date = format_datetime(EPOCH + timedelta(seconds=now), usegmt=True)
        return Said(text.encode(), headers={"Content-Type": "text/xml", "Date": date})

    def _parameter(self, name: str) -> dict[str, object]:
        arn = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/{name.lstrip('/')}"
        return {"Name": name, "Value": self.parameters[name], "Version": 1, "Type": "SecureString", "ARN": arn}

    def _find(self, key: str) -> Secret | None:
        by_arn = (secret for secret in self.secrets.values() if secret.arn == key or secret.arn[:-7] == key)
        return self.secrets.get(key) or next(by_arn, None)


def _value(secret: Secret, version: Version | None) -> dict[str, object]:
    assert version is not None
    told = {"Name": secret.name, "ARN": secret.arn, "VersionId": version.id, "CreatedDate": _date(version.made_at)}
    stages = [stage for stage, holder in secret.stages.items() if holder == version.id]
    return told | {"VersionStages": stages} | _body(version.value)


def _body(value: str | bytes) -> dict[str, object]:
    return {"SecretString": value} if isinstance(value, str) else {"SecretBinary": base64.b64encode(value).decode()}


def _passes(secret: Secret, wanted: Mapping[str, Any]) -> bool:
    return all(_meets(secret, entry["Key"], entry["Values"][0]) for entry in wanted.get("Filters", []))


def _meets(secret: Secret, key: str, value: str) -> bool:
    said_of: Mapping[str, Iterator[str]] = {
        "name": iter([secret.name]),
        "tag-key": iter(secret.tags),
        "tag-value": iter(secret.tags.values()),
    }
    return any(text.startswith(value) for text in said_of[key])


def _date(at: float) -> float:
    return EPOCH.timestamp() + at


def _now(given: float | None = None) -> float:
    return anyio.current_time() if given is None else given


def _suffix() -> str:
    return f"{next(_numbers):06d}"
