import pytest

from esoctl.plan import jsonpath

DOCUMENT = (
    b'{"user":{"name":"ivy","roles":["read","write"]},"a.b":"dotted","n":1.50,"big":1234567'
    b'8901234567890,"z":null,"t":true,"f":false,"list":[{"id":1,"zone":"a","up":true,"tags"'
    b':["x","y"]},{"id":2,"zone":"b","up":false,"tags":[]},{"id":3,"zone":"a","note":null}]'
    b',"m":[[1,2],[3,[4,5]],6],"esc":"\\u00e9\\n","k\\u0065y":"decoded","emb":"{\\"x\\":1}"}'
)


@pytest.mark.parametrize(
    ("document", "path", "value"),
    [
        (
            DOCUMENT,
            "@pretty",
            (
                b"{\n"
                b'  "user": {\n'
                b'    "name": "ivy",\n'
                b'    "roles": ["read", "write"]\n'
                b"  },\n"
                b'  "a.b": "dotted",\n'
                b'  "n": 1.50,\n'
                b'  "big": 12345678901234567890,\n'
                b'  "z": null,\n'
                b'  "t": true,\n'
                b'  "f": false,\n'
                b'  "list": [\n'
                b"    {\n"
                b'      "id": 1,\n'
                b'      "zone": "a",\n'
                b'      "up": true,\n'
                b'      "tags": ["x", "y"]\n'
                b"    },\n"
                b"    {\n"
                b'      "id": 2,\n'
                b'      "zone": "b",\n'
                b'      "up": false,\n'
                b'      "tags": []\n'
                b"    },\n"
                b"    {\n"
                b'      "id": 3,\n'
                b'      "zone": "a",\n'
                b'      "note": null\n'
                b"    }\n"
                b"  ],\n"
                b'  "m": [[1, 2], [3, [4, 5]], 6],\n'
                b'  "esc": "\\u00e9\\n",\n'
                b'  "k\\u0065y": "decoded",\n'
                b'  "emb": "{\\"x\\":1}"\n'
                b"}\n"
            ),
        ),
        (b"{}", "@pretty", b"{}\n"),
        (b"[]", "@pretty", b"[]\n"),
        (b"5", "@pretty", b"5"),
        (b'"x"', "@pretty", b"x"),
        (b"", "@pretty", None),
        (
            b'{"b":1,"a":{"d":[1,2],"c":null}}',
            '@pretty:{"sortKeys":true}',
            b'{\n  "a": {\n    "c": null,\n    "d": [1, 2]\n  },\n  "b": 1\n}\n',
        ),
        (
            b'{"b":[1,2],"a":{"c":true}}',
            '@pretty:{"indent":"\\t","prefix":"  "}',
            b'{\n  \t"b": [1, 2],\n  \t"a": {\n  \t\t"c": true\n  \t}\n  }\n',
        ),
        (b'{"b":[1,2]}', '@pretty:{"width":6}', b'{\n  "b": [\n    1,\n    2\n  ]\n}\n'),
        (b'{"b":[1,2]}', '@pretty:{"width":0}', b'{\n  "b": [\n    1,\n    2\n  ]\n}\n'),
        (b"[1,[2,3]]", '@pretty:{"width":-1}', b"[\n  1,\n  [\n    2,\n    3\n  ]\n]\n"),
        (b'{"b":[1,2]}', '@pretty:{"width":"5","indent":"x"}', b'{\n"b": [\n1,\n2\n]\n}\n'),
        (b'{"b":[1,2]}', '@pretty:{"width":true}', b'{\n  "b": [\n    1,\n    2\n  ]\n}\n'),
        (b'{"b":[1,{"c":2}]}', "@pretty", b'{\n  "b": [\n    1,\n    {\n      "c": 2\n    }\n  ]\n}\n'),
        (b"[1,2", "@pretty", b"[1, 2\n"),
        (b"[1 2,,tru,nul,fx]", "@pretty", b"[1, 2, true, null, false\n"),
        (b'{"a":1 x "b":', "@pretty", b'{\n  "a": 1,\n  "b": \n'),
        (b'{"a":[1,[2,"x', "@pretty", b'{\n  "a": [1, [2, "x\n'),
        (b"[nan,+1,Inf,-]", "@pretty", b"[nan, +1, Inf, -]\n"),
        (b'{"a":1}}', "@pretty", b'{\n  "a": 1\n}\n'),
        (
            b'{"b":2,"b":1,"b":"x","b":"a","b":true,"b":false,"b":null,"b":{},"a\\u0062":3,"\\x":4,"b":[1]}',
            '@pretty:{"sortKeys":true}',
            (
                b"{\n"
                b'  "\\x": 4,\n'
                b'  "a\\u0062": 3,\n'
                b'  "b": null,\n'
                b'  "b": false,\n'
                b'  "b": 1,\n'
                b'  "b": 2,\n'
                b'  "b": "a",\n'
                b'  "b": "x",\n'
                b'  "b": true,\n'
                b'  "b": [1],\n'
                b'  "b": {}\n'
                b"}\n"
            ),
        ),
        (b'{"a":1', '@pretty:{"sortKeys":true}', b'{\n  "a": 1\n'),
        (
            (b'{"k":[1111111111,1111111111,1111111111,1111111111,1111111111,1111111111,1111111111,1111111111]}'),
            "@pretty",
            (
                b"{\n"
                b'  "k": [\n'
                b"    1111111111,\n"
                b"    1111111111,\n"
                b"    1111111111,\n"
                b"    1111111111,\n"
                b"    1111111111,\n"
                b"    1111111111,\n"
                b"    1111111111,\n"
                b"    1111111111\n"
                b"  ]\n"
                b"}\n"
            ),
        ),
    ],
)
def test_text_is_laid_out_as_in_the_reference(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value
