"""Side by side, parity cases rely on moto's accounts: keys that come from a role see that role's account only."""

import contextlib
import pathlib
from collections.abc import Iterator

import pytest

from support import moto
from support.cases import cloud
from support.cases.cloud import Cloud


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: pathlib.Path = tmp_path_factory.mktemp("moto")
    with moto.running(folder) as server:
        yield server.url


def read(account: Cloud, name: str) -> str:
    return str(account.secrets_manager.get_secret_value(SecretId=name)["SecretString"])


def test_two_accounts_hold_two_secrets_of_one_name(url: str) -> None:
    with (
        contextlib.closing(Cloud(url, cloud.keys_of_a_new_account(url))) as first,
        contextlib.closing(Cloud(url, cloud.keys_of_a_new_account(url))) as second,
    ):
        first.put({"secrets": {"app/db": {"string": "one"}}})
        second.put({"secrets": {"app/db": {"string": "two"}}})

        assert (read(first, "app/db"), read(second, "app/db")) == ("one", "two")


def test_wiping_an_account_leaves_the_others(url: str) -> None:
    with (
        contextlib.closing(Cloud(url)) as default,
        contextlib.closing(Cloud(url, cloud.keys_of_a_new_account(url))) as other,
    ):
        for account in (default, other):
            account.put({"secrets": {"app/db": {"string": "x"}}, "parameters": {"/app/p": {"value": "v"}}})

        default.wipe()

        assert default.secrets_manager.list_secrets()["SecretList"] == []
        assert default.parameters.describe_parameters()["Parameters"] == []
        assert read(other, "app/db") == "x"
        assert other.parameters.get_parameter(Name="/app/p")["Parameter"]["Value"] == "v"


def test_a_case_puts_versions_tags_and_deletions(url: str) -> None:
    with contextlib.closing(Cloud(url, cloud.keys_of_a_new_account(url))) as account:
        account.put({"secrets": {"a": {"string": "1", "tags": {"team": "x"}}, "gone": {"binary": "AAEC"}}})
        account.put({"secrets": {"a": {"string": "2"}}, "delete": {"secrets": ["gone"]}})

        assert read(account, "a") == "2"
        listed = account.secrets_manager.list_secrets()["SecretList"]
        assert [(s["Name"], s["Tags"]) for s in listed] == [("a", [{"Key": "team", "Value": "x"}])]
