import pytest

from esoctl.errors import SpecError
from esoctl.providers.aws import endpoints
from esoctl.providers.aws.endpoints import Endpoints


def test_nothing_set_means_aws_itself() -> None:
    assert endpoints.from_environment({"PATH": "/bin", "AWS_SSM_ENDPOINT": ""}) == Endpoints()


def test_each_service_has_its_variable() -> None:
    found = endpoints.from_environment(
        {
            "AWS_SECRETSMANAGER_ENDPOINT": "http://127.0.0.1:5000",
            "AWS_SSM_ENDPOINT": "https://ssm.example.com",
            "AWS_STS_ENDPOINT": "https://sts.example.com:8443/path",
        }
    )

    assert [found.of(service) for service in ("secretsmanager", "ssm", "sts", "acm")] == [
        "http://127.0.0.1:5000",
        "https://ssm.example.com",
        "https://sts.example.com:8443/path",
        None,
    ]


@pytest.mark.parametrize(
    "text", ["127.0.0.1:5000", "ftp://example.com", "https://", "http://host:port", "http://[::1", " "]
)
def test_what_is_no_url_is_refused_by_the_name_of_the_variable(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        endpoints.from_environment({"AWS_STS_ENDPOINT": text})

    assert caught.value.path == "AWS_STS_ENDPOINT"
