from pathlib import Path

import pytest

from esoctl.checking import documents
from esoctl.checking.documents import Unreadable


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param("yes", True, id="yes"),
        pytest.param("Off", False, id="off"),
        pytest.param("'yes'", "yes", id="quoted"),
        pytest.param("!!str yes", "yes", id="tagged-as-text"),
        pytest.param("!!int '12'", 12, id="tagged-as-number"),
        pytest.param("!vault secret", "secret", id="unknown-tag"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("1_000", 1000, id="underscores"),
        pytest.param("1:30", "1:30", id="no-sexagesimal"),
        pytest.param("2024-01-01", "2024-01-01", id="no-dates"),
        pytest.param("1h0m0s", "1h0m0s", id="duration"),
        pytest.param("~", None, id="null"),
        pytest.param("", None, id="empty"),
        pytest.param("{}", {}, id="map"),
        pytest.param("|\n  text\n", "text\n", id="block"),
    ],
)
def test_words_mean_what_they_mean_to_kubectl(written: str, meant: object) -> None:
    assert documents.documents("x", f"a: {written}\n".encode()) == [{"a": meant}]


def test_keys_are_text_as_in_json() -> None:
    assert documents.documents("x", b"{1: a, true: b, c: d}") == [{"1": "a", "true": "b", "c": "d"}]


def test_empty_documents_are_left_out() -> None:
    assert documents.documents("x", b"---\n---\na: 1\n---\n# nothing\n") == [{"a": 1}]


def test_json_is_read_with_tabs() -> None:
    assert documents.documents("x", b'{\n\t"a": [\n\t\t1\n\t]\n}\n') == [{"a": [1]}]


def test_aliases_and_merges_are_followed() -> None:
    text = b"base: &b {x: 1, z: 2}\nmade: {<<: *b, z: 3}\ntwice: {<<: [{x: 9}, *b]}\n"

    (found,) = documents.documents("x", text)

    assert found["made"] == {"x": 1, "z": 3}
    assert found["twice"] == {"x": 9, "z": 2}


def test_aliases_that_would_fill_the_memory_are_refused() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"{new}: &{new} [{','.join([f'*{old}'] * 10)}]" for old, new in zip("abcdefgh", "bcdefghi", strict=True)]

    with pytest.raises(Unreadable, match="larger than any Kubernetes object"):
        documents.documents("x", "\n".join(lines).encode())


def test_a_value_within_itself_is_refused() -> None:
    with pytest.raises(Unreadable, match="larger than any Kubernetes object"):
        documents.documents("x", b"a: &a [*a]\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[a]: b", "x: line 1: a key is no text", id="list-as-key"),
        pytest.param("~: b", "x: line 1: a key is no text", id="null-as-key"),
        pytest.param("a: !!int hidden", "x: line 1: the value does not fit its tag !!int", id="wrong-tag"),
        pytest.param("a:\n- b: 1\n  b: 2", "x: line 3: the key 'b' is given twice", id="twice"),
    ],
)
def test_what_cannot_be_an_object_is_told_with_its_line(text: str, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        documents.documents("x", text.encode())

    assert str(refused.value).startswith(said)
    assert "hidden" not in str(refused.value)


def test_a_text_that_is_no_utf_8_is_refused() -> None:
    with pytest.raises(Unreadable, match="characters that YAML does not allow"):
        documents.documents("x", b"a: \xff\xfe\xfd")


def test_a_folder_gives_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.json", "c.txt", "sub/d.yml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    found = list(documents.files([str(tmp_path), "-", "not-there.yaml"]))

    assert found == [*(str(tmp_path / name) for name in ("a.json", "b.yaml", "sub/d.yml")), "-", "not-there.yaml"]
