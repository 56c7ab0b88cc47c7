"""Fields under ``spec.provider.aws`` without an effect."""

from typing import Any

import msgspec
import pytest

from esoctl.providers.aws import unused

ROLE = {"role": "arn:aws:iam::123456789012:role/a"}
TAG = {"sessionTags": [{"key": "a", "value": "b"}]}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"auth": {"jwt": {}}}, [], id="jwt"),
        pytest.param({"auth": {"jwt": {}, "secretRef": {}}}, ["auth.secretRef"], id="two ways to log in"),
        pytest.param({**ROLE, **TAG, "externalID": "x", "transitiveTagKeys": ["a"]}, [], id="all of a role"),
        pytest.param(
            {**TAG, "externalID": "x", "sessionTagsPolicy": "Custom", "customSessionTags": {"a": "b"},
             "transitiveTagKeys": ["a"]},
            ["externalID", "sessionTags", "sessionTagsPolicy", "customSessionTags", "transitiveTagKeys"],
            id="no role",
        ),
        pytest.param({"sessionTagsPolicy": "None"}, [], id="a default"),
        pytest.param({**ROLE, **TAG, "sessionTagsPolicy": "Simple"}, ["sessionTags"], id="tags by policy"),
        pytest.param({**ROLE, "customSessionTags": {"a": "b"}}, ["customSessionTags"], id="custom without the policy"),
        pytest.param({"role": 5}, [], id="what does not decode"),
    ],
)  # fmt: skip
def test_the_fields_without_effect_are_told(body: dict[str, Any], names: list[str]) -> None:
    found = unused.fields(msgspec.Raw(msgspec.json.encode(body)))

    assert [path for path, _ in found] == [f"spec.provider.aws.{name}" for name in names]
