"""AWS as parity cases use it: a moto server, one account for all cases or one for each.

Keys that come from AssumeRole on a role of account X see only the state of X, so cases that share nothing but the
server can run side by side. Keys nobody knows belong to the default account.
"""

import base64
import contextlib
import secrets
import threading
import urllib.request
from dataclasses import dataclass
from typing import Any

import botocore.session

REGION = "eu-west-1"
DEFAULT_KEYS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

Body = dict[str, Any]

_session_lock = threading.Lock()  # making a client reads and fills the session's caches
_session = botocore.session.get_session()


def client(service: str, url: str, keys: tuple[str, str], region: str = REGION) -> Any:
    with _session_lock:
        return _session.create_client(
            service,
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
        )


def keys_of_a_new_account(url: str) -> tuple[str, str]:
    """Keys that see an empty account. They work without their session token, as a store's static keys have none."""
    account = str(300_000_000_000 + secrets.randbelow(600_000_000_000))
    arn = f"arn:aws:iam::{account}:role/case"
    with contextlib.closing(client("sts", url, DEFAULT_KEYS)) as sts:
        found = sts.assume_role(RoleArn=arn, RoleSessionName="case")["Credentials"]
    return found["AccessKeyId"], found["SecretAccessKey"]


def reset(url: str) -> None:
    """Forget every account."""
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=30).close()


def tag_list(tags: dict[str, str] | None) -> list[Body]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


@dataclass
class Cloud:
    url: str
    keys: tuple[str, str] = DEFAULT_KEYS

    def __post_init__(self) -> None:
        self.secrets_manager = client("secretsmanager", self.url, self.keys)
        self.parameters = client("ssm", self.url, self.keys)

    def wipe(self) -> None:
        """Forget this account's secrets and parameters, and no other's."""
        for page in self.secrets_manager.get_paginator("list_secrets").paginate(IncludePlannedDeletion=True):
            for found in page["SecretList"]:
                self.secrets_manager.delete_secret(SecretId=found["ARN"], ForceDeleteWithoutRecovery=True)
        for page in self.parameters.get_paginator("describe_parameters").paginate():
            for found in page["Parameters"]:
                self.parameters.delete_parameter(Name=found["Name"])

    def put(self, spec: Body) -> None:
        for name, value in (spec.get("secrets") or {}).items():
            self.put_secret(name, value)
        for name, value in (spec.get("parameters") or {}).items():
            self.put_parameter(name, value)
        self.delete(spec.get("delete") or {})

    def put_secret(self, name: str, value: Body) -> None:
        content: Body = (
            {"SecretString": value["string"]}
            if "string" in value
            else {"SecretBinary": base64.b64decode(value["binary"])}
        )
        if value.get("token"):
            content["ClientRequestToken"] = value["token"]
        stages = {"VersionStages": value["stages"]} if value.get("stages") else {}
        tags = tag_list(value.get("tags"))
        try:
            self.secrets_manager.put_secret_value(SecretId=name, **content, **stages)
        except self.secrets_manager.exceptions.ResourceNotFoundException:
            self.secrets_manager.create_secret(Name=name, Tags=tags, **content)
            return
        if tags:
            self.secrets_manager.tag_resource(SecretId=name, Tags=tags)

    def put_parameter(self, name: str, value: Body) -> None:
        kind = value.get("type", "String")
        self.parameters.put_parameter(Name=name, Value=value["value"], Type=kind, Overwrite=True)
        if value.get("labels"):
            self.parameters.label_parameter_version(Name=name, Labels=value["labels"])
        if value.get("tags"):
            tags = tag_list(value["tags"])
            self.parameters.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=tags)

    def delete(self, gone: Body) -> None:
        for name in gone.get("secrets", []):
            self.secrets_manager.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        for name in gone.get("scheduled", []):
            self.secrets_manager.delete_secret(SecretId=name, RecoveryWindowInDays=7)
        for name in gone.get("parameters", []):
            self.parameters.delete_parameter(Name=name)

    def close(self) -> None:
        self.secrets_manager.close()
        self.parameters.close()
