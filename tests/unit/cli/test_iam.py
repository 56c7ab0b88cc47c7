"""``esoctl iam`` from the outside: what is printed where, and what is said when it cannot be."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from esoctl.cli import main

ROLE = "arn:aws:iam::123456789012:role/reader"


def a_store(**aws: object) -> dict[str, object]:
    body = {"service": "SecretsManager", "region": "eu-west-1", **aws}
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {"name": "aws"},
        "spec": {"provider": {"aws": body}},
    }


def an_external_secret(*keys: str, name: str = "db", **spec: object) -> dict[str, object]:
    data = [{"secretKey": f"k{number}", "remoteRef": {"key": key}} for number, key in enumerate(keys)]
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": name},
        "spec": {"secretStoreRef": {"name": "aws", "kind": "SecretStore"}, "data": data, **spec},
    }


def ran(tmp_path: Path, objects: list[dict[str, object]], *options: str) -> Result:
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all(objects))
    return CliRunner().invoke(main, ["iam", "-f", str(file), *options])


def printed(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_one_identity_gets_a_policy_that_aws_takes_as_it_is(tmp_path: Path) -> None:
    result = ran(tmp_path, [a_store(), an_external_secret("app/db")], "--account", "123456789012", "--no-kms")

    assert printed(result) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                "Resource": ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/db-??????"],
            }
        ],
    }
    assert result.stderr == "esoctl: this is for the identity of the operator\n"


def test_several_identities_get_a_policy_each(tmp_path: Path) -> None:
    objects = [a_store(role=ROLE), an_external_secret("app/db")]
    both = ran(tmp_path, objects)
    one = ran(tmp_path, objects, "--identity", ROLE)

    assert set(printed(both)) == {ROLE, "the identity of the operator"}
    assert "esoctl: 2 identities need a policy each; --identity picks one of: " in both.stderr
    assert printed(one) == printed(both)[ROLE]


def test_an_identity_that_needs_nothing_is_refused_with_those_that_do(tmp_path: Path) -> None:
    result = ran(tmp_path, [a_store(), an_external_secret("a")], "--identity", "x")

    assert result.exit_code == 1
    assert result.stderr == "esoctl: no policy for 'x'; there is one for: the identity of the operator\n"


def test_what_stands_for_something_else_is_told(tmp_path: Path) -> None:
    result = ran(tmp_path, [a_store(role=ROLE), an_external_secret("a")], "--trust")

    assert printed(result)["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::ACCOUNT:role/ROLE"}
    assert "ACCOUNT stands for an account id that the manifests do not tell; give --account" in result.stderr


def test_the_accounts_role_is_found_among_the_manifests(tmp_path: Path) -> None:
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "app", "annotations": {"eks.amazonaws.com/role-arn": ROLE}},
    }
    store = a_store(auth={"jwt": {"serviceAccountRef": {"name": "app"}}})

    result = ran(tmp_path, [store, account, an_external_secret("a")])

    assert f"this is for {ROLE}" in result.stderr
    assert "secret:a-??????" in result.stdout
    assert "ACCOUNT" not in result.stdout


@pytest.mark.parametrize(
    ("option", "gone"),
    [
        pytest.param("--no-batch", "BatchGetSecretValue", id="batch calls"),
        pytest.param("--no-kms", "kms:Decrypt", id="decryption"),
    ],
)
def test_what_is_not_needed_can_be_left_out(tmp_path: Path, option: str, gone: str) -> None:
    objects = [a_store(), an_external_secret("a", "b")]

    assert gone in ran(tmp_path, objects).stdout
    assert gone not in ran(tmp_path, objects, option).stdout


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        pytest.param(
            [a_store()],
            "esoctl: the files hold no ExternalSecret that reads anything; add some with -f\n",
            id="nothing is read",
        ),
        pytest.param(
            [an_external_secret("a")],
            'esoctl: ExternalSecret/default/db reads SecretStore "aws", which is in none of the files; add it\n',
            id="a store is missing",
        ),
    ],
)
def test_manifests_that_do_not_tell_enough(tmp_path: Path, objects: list[dict[str, object]], text: str) -> None:
    result = ran(tmp_path, objects)

    assert (result.exit_code, result.stdout, result.stderr) == (1, "", text)


def test_a_manifest_that_is_wrong_is_told_as_check_tells_it(tmp_path: Path) -> None:
    result = ran(tmp_path, [a_store(region="nowhere"), an_external_secret("a")])

    assert result.exit_code == 1
    assert "all.yaml:SecretStore/aws: spec.provider.aws.region: 'nowhere' is not an AWS region" in result.stderr


def test_stores_of_other_providers_are_passed_over_and_told(tmp_path: Path) -> None:
    fake = a_store()
    fake["metadata"] = {"name": "fake"}
    fake["spec"] = {"provider": {"fake": {"data": [{"key": "a", "value": "b"}]}}}
    other = an_external_secret("z", name="other", secretStoreRef={"name": "fake", "kind": "SecretStore"})

    result = ran(tmp_path, [a_store(), fake, an_external_secret("a"), other])

    assert "secret:a-??????" in result.stdout
    assert "secret:z" not in result.stdout
    assert 'SecretStore "fake" is passed over' in result.stderr


def test_a_file_that_cannot_be_read_is_misuse(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["iam", "-f", str(tmp_path / "none.yaml")])

    assert result.exit_code == 2
    assert "none.yaml" in result.stderr


def test_without_files_it_says_what_to_give() -> None:
    result = CliRunner().invoke(main, ["iam"])

    assert result.exit_code == 2
    assert "name at least one file" in result.stderr


def test_a_policy_longer_than_aws_takes_is_told(tmp_path: Path) -> None:
    result = ran(tmp_path, [a_store(), an_external_secret(*(f"app/{number:064}" for number in range(60)))])

    assert "is longer than AWS takes (6144 characters); use a common prefix" in result.stderr
