"""The decoders read what Go's decoders read, and name the byte that Go names. The answers are Go's."""

import pytest

from esoctl.errors import TemplateError
from esoctl.template import engine
from esoctl.template.engine import Env

READ_64 = (
    ("", ""),
    ("YQ==", "a"),
    ("YWI=", "ab"),
    ("YWJj", "abc"),
    ("YQ=\n=", "a"),
    ("YQ==\n", "a"),
    ("Y\nQ=\r\n=", "a"),
)
REFUSED_64 = (
    ("YQ=", 3),
    ("YQ", 0),
    ("Y", 0),
    ("YQ==YQ==", 4),
    ("YWI=\nx", 5),
    ("YQ=x", 2),
    ("YQ=\nx", 3),
    ("=", 0),
    ("Y===", 1),
    ("YW=I", 2),
    ("YWJj=", 4),
    ("YW!j", 2),
    ("YWJj YWJj", 4),
    ("YWJjY", 4),
    ("YWI==", 4),
    ("_-8=", 0),
    ("YQ===", 4),
    ("YQ==x", 4),
    ("YQ==\nx", 5),
    ("YQ=\n", 4),
    ("YWJj\nYQ=x", 7),
)
READ_32 = (
    ("", ""),
    ("ME======", "a"),
    ("MFRA====", "ab"),
    ("MFRGG===", "abc"),
    ("MFRGGZA=", "abcd"),
    ("MFRGGZDF", "abcde"),
    ("ME=======", "a"),
    ("ME======\n", "a"),
    ("ME==\n====", "a"),
    ("MFRGGZDFME======", "abcdea"),
    ("ME======x", "a"),
    ("ME======xy", "a"),
    ("MFRGG====", "abc"),
    ("MFRGGZA=xxxxxxx", "abcd"),
    ("MFRA====xxxx", "ab"),
)
REFUSED_32 = (
    ("ME", 0),
    ("ME=====", 7),
    ("M", 0),
    ("M=======", 1),
    ("MFR=====", 3),
    ("me======", 0),
    ("ME======ME======", 2),
    ("MFRGGZDF!", 8),
    ("=", 0),
    ("========", 0),
    ("ME===M==", 4),
    ("MFRGGZ==", 6),
    ("M1======", 1),
    ("MFRGGZDFM", 8),
    ("ME======xyz", 2),
    ("ME=====x", 6),
    ("MFR====x", 6),
    ("MFRGGZA=xxxxxxxx", 7),
)


def decoded(name: str, text: str) -> str:
    return engine.render(f"{{{{ {name} .v }}}}", {"v": text.encode()}, Env()).decode()


@pytest.mark.parametrize(("text", "want"), READ_64)
def test_base64_is_read(text: str, want: str) -> None:
    assert decoded("b64dec", text) == want


@pytest.mark.parametrize(("text", "position"), REFUSED_64)
def test_bad_base64_is_refused_with_the_byte_that_is_wrong(text: str, position: int) -> None:
    with pytest.raises(TemplateError, match=f"illegal base64 data at input byte {position}$"):
        decoded("b64dec", text)


@pytest.mark.parametrize(("text", "want"), READ_32)
def test_base32_is_read(text: str, want: str) -> None:
    assert decoded("b32dec", text) == want


@pytest.mark.parametrize(("text", "position"), REFUSED_32)
def test_bad_base32_is_refused_with_the_byte_that_is_wrong(text: str, position: int) -> None:
    with pytest.raises(TemplateError, match=f"illegal base32 data at input byte {position}$"):
        decoded("b32dec", text)
