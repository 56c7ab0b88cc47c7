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
        (DOCUMENT, "user|name", b"ivy"),
        (DOCUMENT, "user||name", None),
        (DOCUMENT, "user|", None),
        (DOCUMENT, "name|x", None),
        (
            DOCUMENT,
            "@this",
            b'{"user":{"name":"ivy","roles":["read","write"]},"a.b":"dotted","n":1.50,"big":12345678901234567890,"z":null,"t":true,"f":false,"list":[{"id":1,"zone":"a","up":true,"tags":["x","y"]},{"id":2,"zone":"b","up":false,"tags":[]},{"id":3,"zone":"a","note":null}],"m":[[1,2],[3,[4,5]],6],"esc":"\\u00e9\\n","k\\u0065y":"decoded","emb":"{\\"x\\":1}"}',
        ),
        (DOCUMENT, "@this.user.name", b"ivy"),
        (DOCUMENT, "@nosuch", None),
        (DOCUMENT, "@", None),
        (DOCUMENT, "user.@keys", b'["name","roles"]'),
        (DOCUMENT, "user.@keys.0", b"name"),
        (DOCUMENT, "user|@keys|#", b"2"),
        (DOCUMENT, "!true", b"true"),
        (DOCUMENT, "!null", b""),
        (DOCUMENT, '!"x"', b"x"),
        (DOCUMENT, '!{"a":1}|a', b"1"),
        (DOCUMENT, "!1.5", b"1.5"),
        (DOCUMENT, "!nope", None),
        (DOCUMENT, "!", None),
        (DOCUMENT, "!Inf", b"+Inf"),
        (DOCUMENT, '{"n":user.name,t}', b'{"n":"ivy","t":true}'),
        (DOCUMENT, "[t,z,missing]", b"[true,null]"),
        (DOCUMENT, "{user.name}", b'{"name":"ivy"}'),
        (DOCUMENT, '{"":t}', b'{"":true}'),
        (DOCUMENT, "{x\\:t}", b"{}"),
        (DOCUMENT, '{"bad:t}', None),
        (DOCUMENT, "{t}x", None),
        (DOCUMENT, "{t}.t", b"true"),
        (DOCUMENT, "[t,f].1", b"false"),
        (DOCUMENT, "[t,f]|#", b"2"),
        (DOCUMENT, "{*}", b'{"*":{"name":"ivy","roles":["read","write"]}}'),
        (DOCUMENT, "{#}", b"{}"),
        (DOCUMENT, "{user.roles.#}", b'{"_":2}'),
        (DOCUMENT, "{list.#.{id}}", b'{"_":[{"id":1},{"id":2},{"id":3}]}'),
        (DOCUMENT, '{"q\\"":t}', b'{"q\\"":true}'),
        (DOCUMENT, "{raw:t}", b'{"raw":true}'),
        (DOCUMENT, 'list.#.{id,"z":zone}', b'[{"id":1,"z":"a"},{"id":2,"z":"b"},{"id":3,"z":"a"}]'),
        (DOCUMENT, "list.#.[id]", b"[[1],[2],[3]]"),
        (DOCUMENT, "{user.@keys:x}", b'{"@keys:x":["name","roles"]}'),
        (DOCUMENT, "@reverse:1|t", b"true"),
        (DOCUMENT, '@flatten:{"deep":true}|t', b"true"),
        (DOCUMENT, '@pretty:"x(|"|t', b"true"),
        (DOCUMENT, "@dig:(a|b)|0", None),
        (DOCUMENT, 'm|@flatten:{"deep":true}', b"[1,2,3,4,5,6]"),
        (DOCUMENT, "{@this|t}", b'{"t":true}'),
        (DOCUMENT, "user.{name}|name", b"ivy"),
        (DOCUMENT, "user.[name].0", b"ivy"),
        (DOCUMENT, "n.@this", b"1.5"),
        (DOCUMENT, "esc|@tostr", b'"\\u00e9\\n"'),
        (DOCUMENT, '{"e":!""}', b'{"e":""}'),
    ],
)
def test_paths_are_evaluated_as_by_the_reference(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value
