"""SEC-06: keys are checked before anything is written, and two keys that become one are an error that names both."""

import pytest

from support.api import Json
from support.day import a_day

pytestmark = pytest.mark.asyncio
BAD = "a Secret cannot have the key"


def rewritten(source: str, target: str) -> Json:
    return {"dataFrom": [{"extract": {"key": "json"}, "rewrite": [{"regexp": {"source": source, "target": target}}]}]}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param({"data": [{"secretKey": "..", "remoteRef": {"key": "db"}}]}, BAD, id="a secret key of dots"),
        pytest.param({"data": [{"secretKey": "..a", "remoteRef": {"key": "db"}}]}, BAD, id="a secret key after dots"),
        pytest.param(rewritten("user", "../x"), "invalid character /", id="a rewritten key with a slash"),
        pytest.param(rewritten("user", "..x"), BAD, id="a rewritten key after dots"),
        pytest.param(rewritten("user", "é"), BAD, id="a rewritten key beyond ASCII"),
        pytest.param(rewritten("user", "u" * 254), "max is 253", id="a rewritten key too long"),
        pytest.param({"dataFrom": [{"extract": {"key": "odd"}}]}, BAD, id="a fetched key beyond ASCII"),
        pytest.param(
            {"data": [{"secretKey": "a", "remoteRef": {"key": "db"}}],
             "target": {"template": {"data": {"../a": "x"}}}},
            BAD, id="a key of a template",
        ),
        pytest.param(
            {"data": [{"secretKey": "a", "remoteRef": {"key": "db"}}],
             "target": {"template": {"templateFrom": [{"literal": '"b/c": x'}]}}},
            BAD, id="a rendered key",
        ),
    ],
)  # fmt: skip
async def test_sec_06_a_key_that_no_secret_can_have_is_refused_before_any_write(spec: Json, says: str) -> None:
    async with a_day() as day:
        day.vault.values.update(json=b'{"user": "ivy", "uses": "2"}', odd='{"é": "1"}'.encode())
        day.apply("ExternalSecret", "shop", {"secretStoreRef": {"name": "aws"}, **spec})
        await day.until(lambda: day.ready()[0] == "False")

        assert says in day.ready()[2] or BAD in day.ready()[2]
        assert [write for write in day.transport.writes() if "/secrets/" in write] == []


async def test_sec_06_two_keys_that_become_one_are_an_error_that_names_both() -> None:
    async with a_day() as day:
        day.vault.values.update(json=b'{"user": "ivy", "uses": "2"}')
        day.apply("ExternalSecret", "shop", {"secretStoreRef": {"name": "aws"}, **rewritten("use.", "use")})
        await day.until(lambda: day.ready()[0] == "False")

        assert "user" in day.ready()[2]
        assert "uses" in day.ready()[2]
        assert "ivy" not in day.ready()[2]
        assert [write for write in day.transport.writes() if "/secrets/" in write] == []


async def test_sec_06_a_remote_key_is_text_to_the_provider_and_never_a_path() -> None:
    """What looks like a path is asked for as it is written, once, and nothing else is."""
    async with a_day() as day:
        keys = ["../../etc/passwd", "a/../b", "/v1/secrets", "%2e%2e", "x" * 2000]
        day.external_secret(data={f"k{number}": key for number, key in enumerate(keys)})
        await day.until(lambda: day.ready()[0] == "False")

        assert set(day.vault.asked) <= set(keys)
        assert [write for write in day.transport.writes() if "/secrets/" in write] == []
