"""Which version an answer is of, and what AWS calls it."""

from typing import Any

import pytest

from esoctl.providers.aws import parameter_store, secrets_manager


@pytest.mark.parametrize(
    ("more", "stages"),
    [
        pytest.param({"VersionStages": ["AWSCURRENT"]}, ("AWSCURRENT",), id="one label"),
        pytest.param({"VersionStages": ["AWSPENDING", "AWSCURRENT"]}, ("AWSPENDING", "AWSCURRENT"), id="two labels"),
        pytest.param({}, (), id="none told"),
        pytest.param({"VersionStages": "AWSCURRENT"}, (), id="no list"),
        pytest.param({"VersionStages": [1, "AWSCURRENT"]}, ("AWSCURRENT",), id="an odd label"),
    ],
)
def test_a_secret_has_the_id_and_the_labels_of_its_version(more: Any, stages: tuple[str, ...]) -> None:
    payload = secrets_manager.payload({"SecretString": "v", "VersionId": "id-1", **more}, "GetSecretValue", "db")

    assert (payload.version, payload.stages) == ("id-1", stages)


@pytest.mark.parametrize(
    ("more", "stages"),
    [
        pytest.param({"Selector": ":live"}, ("live",), id="asked for by a label"),
        pytest.param({"Selector": ":3"}, (), id="asked for by its number"),
        pytest.param({}, (), id="the latest"),
    ],
)
def test_a_parameter_has_its_number_and_the_label_it_was_asked_for_by(more: Any, stages: tuple[str, ...]) -> None:
    payload = parameter_store.payload({"Value": "v", "Version": 3, **more}, "GetParameter", "db")

    assert (payload.version, payload.stages) == ("3", stages)
