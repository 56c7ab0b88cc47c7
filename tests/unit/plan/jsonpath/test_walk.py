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
        (DOCUMENT, "user.name", b"ivy"),
        (DOCUMENT, "user.roles.1", b"write"),
        (DOCUMENT, "user.roles.2", None),
        (DOCUMENT, "user.roles.x", None),
        (DOCUMENT, "user.roles.18446744073709551616", b"read"),
        (DOCUMENT, "user.roles.9223372036854775808", None),
        (DOCUMENT, "user.name.x", None),
        (DOCUMENT, "a\\.b", b"dotted"),
        (DOCUMENT, "missing", None),
        (DOCUMENT, "key", b"decoded"),
        (DOCUMENT, "esc", b"\xc3\xa9\n"),
        (DOCUMENT, "us*.n?me", b"ivy"),
        (DOCUMENT, "n", b"1.5"),
        (DOCUMENT, "big", b"12345678901234567890"),
        (DOCUMENT, "z", b""),
        (DOCUMENT, "t", b"true"),
        (DOCUMENT, "f", b"false"),
        (DOCUMENT, "list.#", b"3"),
        (DOCUMENT, "list.#.zone", b'["a","b","a"]'),
        (DOCUMENT, "list.#.tags.#", b"[2,0]"),
        (DOCUMENT, "list.#.missing", b"[]"),
        (DOCUMENT, "m.#.0", b"[1,3]"),
        (DOCUMENT, "list.#id", None),
        (DOCUMENT, "user.roles.#.x", b"[]"),
        (DOCUMENT, "list.#.tags.0|0", b"x"),
        (DOCUMENT, "list.#.zone|1", b"b"),
        (DOCUMENT, 'list.#(zone=="a").id', b"1"),
        (DOCUMENT, 'list.#(zone=="a")#.id', b"[1,3]"),
        (
            DOCUMENT,
            'list.#(zone=="a")#',
            b'[{"id":1,"zone":"a","up":true,"tags":["x","y"]},{"id":3,"zone":"a","note":null}]',
        ),
        (DOCUMENT, 'list.#(zone=="a")#|0.id', b"1"),
        (DOCUMENT, 'list.#(zone=="a")#.tags|0', b'["x","y"]'),
        (DOCUMENT, "list.#(id>9)", None),
        (DOCUMENT, "list.#(id>9)#", b"[]"),
        (DOCUMENT, 'user.roles.#(=="write")', b"write"),
        (DOCUMENT, 'user.roles.#(!="read")#', b'["write"]'),
        (DOCUMENT, "m.#(0==3).1.0", b"4"),
        (DOCUMENT, 'user.roles.#(x=="y")', None),
        (DOCUMENT, "m.1.1.0", b"4"),
        (DOCUMENT, "list.1.zone", b"b"),
        (DOCUMENT, "m.#(>5)", b"6"),
        (b'{"a":{"b":1},"a":{"c":2}}', "a.c", b"2"),
        (b"[1,2,3]", "#", b"3"),
        (b"[1,2", "1", b"2"),
        (b"[1,2", "#", b"2"),
        (b'["a', "0", None),
        (b'{"a":["x', "a.#", None),
        (b'{"a', "a", None),
        (b'{"a":"x', "a", None),
        (b'{"a":', "a", None),
        (b'{"a":1,"b"', "b", None),
        (b'{"a":,"b":2}', "a", b"b"),
        (b'{"a":nan}', "a", b"NaN"),
        (b'{"a":n', "a", b""),
        (b'xx{"k":"v"}', "k", b"v"),
        (b"plain", "k", None),
        (b'{"a":[1,{"b":"}"},2]}', "a.2", b"2"),
        (b'[{"a":1},] {"a":2}', "#.a", b"[1,2]"),
        (b'[{"a":[1}', "0.a.0", b"1"),
        (b'{"a":{"b":"x', "a.b", None),
        (b'{"a":[{"b":1},"x', "a.#(b==2)", None),
        (b'[["a":1}', "#", b"1"),
        (b'{"id":1}\n{"id":2}\n"x"', "..#", b"3"),
        (b'{"id":1}\n{"id":2}', "..1.id", b"2"),
        (b'{"id":1}\n{"id":2}', "..#.id", b"[1,2]"),
        (b'{"id":1}\n{"id":"x}', "..#", None),
    ],
)
def test_a_path_leads_where_the_reference_goes(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value
