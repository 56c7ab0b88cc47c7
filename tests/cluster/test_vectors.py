"""The rules of the definitions on the real API server: it takes them, and gives the verdict that each vector wants."""

import pathlib

import pytest

from support import kubeconfig, operator, vectors
from support.api import Answer, Api, Json
from support.vectors import Vector

EACH = pytest.mark.parametrize("vector", [pytest.param(one, id=one.id) for one in vectors.ALL])


@pytest.fixture(scope="module")
def server(control_plane: pathlib.Path) -> Api:
    api = Api(kubeconfig.read(control_plane))
    operator.install_definitions(api)
    return api


def dry(api: Api, vector: Vector, spec: Json) -> Answer:
    return api.post(vector.path, vector.manifest(spec), dryRun="All")


@EACH
def test_sec_05_the_api_server_takes_what_keeps_the_rule(server: Api, vector: Vector) -> None:
    dry(server, vector, vector.passes).good()


@EACH
def test_sec_05_the_api_server_refuses_what_breaks_the_rule_and_names_it(server: Api, vector: Vector) -> None:
    message = dry(server, vector, vector.fails).refused(422, "Invalid")["message"]

    assert vector.says in message
