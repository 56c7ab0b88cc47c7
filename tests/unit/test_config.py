"""Settings have the defaults that the documentation promises."""

from dataclasses import FrozenInstanceError

import pytest

from esoctl.config import AWS_ENDPOINTS, Config
from esoctl.log import Format


def test_the_defaults() -> None:
    assert Config() == Config(
        kubeconfig="",
        context="",
        namespaces=(),
        controller_class="default",
        workers=48,
        metrics_addr=":8080",
        health_addr=":8082",
        log_format=Format.JSON,
        log_level="info",
        store_requeue_seconds=300.0,
        drain_seconds=25.0,
        batching=True,
        session_tags=False,
        cluster_name="",
        delimiters=("{{", "}}"),
        endpoints={},
    )


def test_a_configuration_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Config().workers = 1  # type: ignore[misc]  # that is the point


def test_the_endpoints_are_named_as_in_the_reference() -> None:
    assert AWS_ENDPOINTS == ("AWS_SECRETSMANAGER_ENDPOINT", "AWS_SSM_ENDPOINT", "AWS_STS_ENDPOINT")
