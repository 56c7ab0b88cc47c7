import pytest

from esoctl.providers.aws import ambient
from esoctl.providers.aws.ambient import TokenFile

FILE = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token", "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/operator"}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA1", "AWS_SECRET_ACCESS_KEY": "hush"}


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param(FILE, TokenFile(*FILE.values()), id="a token file and a role"),
        pytest.param(
            FILE | {"AWS_ROLE_SESSION_NAME": "operator"}, TokenFile(*FILE.values(), "operator"), id="a session name"
        ),
        pytest.param({"AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token"}, None, id="a file without a role"),
        pytest.param(FILE | KEYS, None, id="access keys go first"),
        pytest.param(FILE | {"AWS_ACCESS_KEY_ID": "AKIA1"}, TokenFile(*FILE.values()), id="half a key is none"),
        pytest.param(FILE | {"AWS_PROFILE": "me"}, None, id="a chosen profile goes first"),
    ],
)
def test_the_web_identity_of_the_environment(environment: dict[str, str], found: TokenFile | None) -> None:
    assert ambient.from_environment(environment) == found
