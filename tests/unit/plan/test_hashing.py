import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esoctl.plan import hashing


def sha3(text: str) -> str:
    return hashlib.sha3_224(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("values", "digest"),
    [
        pytest.param({}, "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b", id="empty"),
        pytest.param({"foo": b"bar"}, "f2a604b87eb0cf673761e8cfea850f901fe73a3d1b2f338802107f36", id="one"),
        pytest.param(
            {"foo": b"value1", "bar": b"value2"}, "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64", id="two"
        ),
        pytest.param(
            {"e": b"", "k": b"", "z": b"hi"}, "524250f8ccb55a43ee82f1d43060d6ee7950447754daff163c1a2bc8", id="empties"
        ),
    ],
)
def test_the_data_hash_is_the_one_of_the_reference(values: dict[str, bytes], digest: str) -> None:
    assert hashing.data_hash(values) == digest


@pytest.mark.parametrize(
    ("labels", "annotations", "digest"),
    [
        pytest.param(None, None, "f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2", id="none"),
        pytest.param({}, {}, "f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2", id="empty"),
        pytest.param(
            {"x": "y"},
            {"c": "d", "a": "b"},
            "4055f1deecd9b0b5b7967336ca15b8537ed31bd7679354664acd28bf",
            id="both",
        ),
    ],
)
def test_the_synced_version_holds_generation_and_metadata(
    labels: dict[str, str] | None, annotations: dict[str, str] | None, digest: str
) -> None:
    assert hashing.synced_version(7, labels, annotations) == f"7-{digest}"


def test_the_owner_hash_is_over_namespace_and_name() -> None:
    assert hashing.owner_hash("default", "my-es") == "b8464376b5fe3535e690594280bfe59b60be2603cb6cbb6d6c8bcbb4"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param({}, "map[]", id="empty"),
        pytest.param(None, "<nil>", id="nil"),
        pytest.param(
            {"b": [1, "a", None, [2], {"x": "y"}], "a": True}, "map[a:true b:[1 a <nil> [2] map[x:y]]]", id="tree"
        ),
        pytest.param({"i": 1000000, "f": 1000000.5, "e": 1e21}, "map[e:1e+21 f:1.0000005e+06 i:1000000]", id="numbers"),
        pytest.param(12345678901234567890, "1.2345678901234567e+19", id="beyond-64-bits"),
        pytest.param(False, "false", id="false"),
    ],
)
def test_the_content_hash_is_over_the_text_of_go(content: object, text: str) -> None:
    assert hashing.content_hash(content) == sha3(text)


@pytest.mark.parametrize(
    ("name", "manager"),
    [
        pytest.param("short", "externalsecrets.external-secrets.io/short", id="short"),
        pytest.param("n" * 27, f"externalsecrets.external-secrets.io/{'n' * 27}", id="just-fits"),
        pytest.param("n" * 28, f"externalsecrets.external-secrets.io/sha3/{sha3('n' * 28)}", id="too-long"),
    ],
)
def test_a_long_field_manager_is_hashed(name: str, manager: str) -> None:
    assert hashing.field_manager(name) == manager


@given(st.dictionaries(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.binary()))
def test_the_data_hash_equals_a_model(values: dict[str, bytes]) -> None:
    keys = sorted(key.encode() for key in values)
    pairs = []
    for key in keys:
        numbers = " ".join(f"{byte:d}" for byte in values[key.decode()])
        pairs.append(key + b":[" + numbers.encode() + b"]")
    text = b"map[" + b" ".join(pairs) + b"]"

    assert hashing.data_hash(values) == hashlib.sha3_224(text).hexdigest()
