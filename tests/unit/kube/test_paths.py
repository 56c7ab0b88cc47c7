import pytest

from esoctl.errors import Invalid
from esoctl.kube import paths
from esoctl.model.keys import Kind
from esoctl.model.kinds import RESOURCES

SECRET = RESOURCES[Kind.SECRET]
STORE = RESOURCES[Kind.CLUSTER_SECRET_STORE]
EXTERNAL = RESOURCES[Kind.EXTERNAL_SECRET]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        pytest.param(paths.collection(SECRET, None), "/api/v1/secrets", id="core, all namespaces"),
        pytest.param(paths.collection(SECRET, "shop"), "/api/v1/namespaces/shop/secrets", id="core, one namespace"),
        pytest.param(
            paths.collection(EXTERNAL, "shop"),
            "/apis/external-secrets.io/v1/namespaces/shop/externalsecrets",
            id="group",
        ),
        pytest.param(
            paths.item(STORE, "", "aws"), "/apis/external-secrets.io/v1/clustersecretstores/aws", id="cluster scope"
        ),
        pytest.param(
            paths.item(EXTERNAL, "shop", "db", "status"),
            "/apis/external-secrets.io/v1/namespaces/shop/externalsecrets/db/status",
            id="subresource",
        ),
    ],
)
def test_a_path_is_where_the_api_serves_it(path: str, wanted: str) -> None:
    assert path == wanted


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "%2e%2e"])
def test_a_name_that_would_mean_another_path_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        paths.item(SECRET, "shop", name)
    with pytest.raises(Invalid):
        paths.item(SECRET, name, "db")


def test_a_strange_name_stays_inside_its_segment() -> None:
    assert paths.item(SECRET, "shop", "a?b#c d") == "/api/v1/namespaces/shop/secrets/a%3Fb%23c%20d"


def test_empty_parameters_are_left_out() -> None:
    assert paths.query(limit=0, watch=True, force=False, labelSelector="", fieldManager="x", other=None) == {
        "watch": "true",
        "fieldManager": "x",
    }


@pytest.mark.parametrize("root", ["https://host", "https://host/"])
def test_a_url_joins_its_parts(root: str) -> None:
    assert paths.url(root, "/api", {"a": "b c", "d": "&"}) == "https://host/api?a=b+c&d=%26"
    assert paths.url(root + "/k8s/clusters/1", "/api", {}).endswith("/k8s/clusters/1/api")


@pytest.mark.parametrize(("version", "path"), [("v1", "/api/v1"), ("example.com/v1", "/apis/example.com/v1")])
def test_the_kinds_of_a_version_are_listed_at_its_path(version: str, path: str) -> None:
    assert paths.version(version) == path


@pytest.mark.parametrize("version", ["", "../v1", "a/b/v1", "example.com/", "/"])
def test_a_version_that_would_mean_another_path_is_refused(version: str) -> None:
    with pytest.raises(Invalid):
        paths.version(version)
