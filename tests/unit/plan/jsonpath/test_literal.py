import pytest

from esoctl.plan import jsonpath

DOCUMENT = (
    b'{"user":{"name":"ivy","mail":"i@x"},"tls.crt":"CERT","a.b":"literal","a":{"b":"nested"},"port":5,'
    b'"list":[{"n":{"ip":"1"}},{"n":{}}],"k.":"trailing"}'
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("tls.crt", b"CERT", id="key-with-dot"),
        pytest.param("a.b", b"literal", id="key-before-path"),
        pytest.param("a|b", b"nested", id="pipe-is-a-path"),
        pytest.param("user.name", b"ivy", id="path"),
        pytest.param("k.", b"trailing", id="dot-at-the-end"),
        pytest.param("user.gone", None, id="neither"),
        pytest.param("{port,gone}", b'{"port":5}', id="members-without-dots-may-be-missing"),
        pytest.param("list.#.{n.ip}", b'[{"ip":"1"},{}]', id="inside-of-elements-the-reference-is-followed"),
    ],
)
def test_a_property_is_a_key_first_and_then_a_path(name: str, value: bytes | None) -> None:
    assert jsonpath.get_property(DOCUMENT, name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("{user.name,port}", b'{"name":"ivy","port":5}', id="path"),
        pytest.param("{tls.crt}", b'{"tls\\\\.crt":"CERT"}', id="key"),
        pytest.param("[a.b,user.mail]", b'["literal","i@x"]', id="key-and-path"),
        pytest.param('{"m":user.mail,gone}', b'{"m":"i@x"}', id="missing-without-dots"),
        pytest.param("[[user.name],[port]]", b'[["ivy"],[5]]', id="selection-inside"),
        pytest.param("@this|{user.name}", b'{"name":"ivy"}', id="behind-a-pipe"),
        pytest.param("{user.name,user.gone}", None, id="missing-with-dots"),
        pytest.param("[[user.gone],port]", None, id="missing-inside"),
    ],
)
def test_members_with_dots_are_found_or_the_whole_does_not_exist(name: str, value: bytes | None) -> None:
    assert jsonpath.get_property(DOCUMENT, name) == value
