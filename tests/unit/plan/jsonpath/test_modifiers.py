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
        (DOCUMENT, "user.@reverse", b'{"roles":["read","write"],"name":"ivy"}'),
        (DOCUMENT, "m.@reverse", b"[6,[3,[4,5]],[1,2]]"),
        (DOCUMENT, "n.@reverse", b"1.5"),
        (DOCUMENT, "user.@keys", b'["name","roles"]'),
        (DOCUMENT, "m.@keys", b"[null,null,null]"),
        (DOCUMENT, "n.@keys", b"[null]"),
        (DOCUMENT, "missing.@keys", b"[]"),
        (DOCUMENT, "@nope|@keys", b"[]"),
        (DOCUMENT, "user.@values", b'["ivy",["read","write"]]'),
        (DOCUMENT, "m.@values", b"[[1,2],[3,[4,5]],6]"),
        (DOCUMENT, "n.@values", b"[1.50]"),
        (DOCUMENT, "missing|@values", b"[]"),
        (DOCUMENT, "m.@flatten", b"[1,2,3,[4,5],6]"),
        (DOCUMENT, 'm.@flatten:{"deep":true}', b"[1,2,3,4,5,6]"),
        (DOCUMENT, 'm.@flatten:{"deep":"1"}', b"[1,2,3,4,5,6]"),
        (DOCUMENT, "user.@flatten", b'{"name":"ivy","roles":["read","write"]}'),
        (DOCUMENT, "emb.@fromstr", b'{"x":1}'),
        (DOCUMENT, "emb.@fromstr.x", b"1"),
        (DOCUMENT, "n.@fromstr", b"1.5"),
        (DOCUMENT, "esc.@tostr", b'"\\u00e9\\n"'),
        (DOCUMENT, "user.@valid", b'{"name":"ivy","roles":["read","write"]}'),
        (DOCUMENT, "user.@ugly", b'{"name":"ivy","roles":["read","write"]}'),
        (DOCUMENT, "user.@dig:name", b'["ivy"]'),
        (DOCUMENT, "@dig:id", b"[1,2,3]"),
        (DOCUMENT, "user.@dig:#", b"[2]"),
        (DOCUMENT, "user.@group", b'[{"roles":"read"},{"roles":"write"}]'),
        (DOCUMENT, "list.@group", None),
        (DOCUMENT, "m.@join", b"{}"),
        (DOCUMENT, "user.@join", b'{"name":"ivy","roles":["read","write"]}'),
        (DOCUMENT, "@dig:x.y", b"[]"),
        (b'{"a":1', "@valid", None),
        (b'{"a":1', "@fromstr", None),
        (b' { "a" : "b c\\" " , "d" : [ 1 ] } ', "@ugly", b'{"a":"b c\\" ","d":[1]}'),
        (b'{"a":"open \\', "@ugly", b'{"a":"open \\'),
        (b'[{"a":1,"b":2},{"b":3,"c":4},5]', "@join", b'{"a":1,"b":3,"c":4}'),
        (b'[{"a":1},{"a":2},7]', '@join:{"preserve":true}', b'{"a":1,"a":2}'),
        (b'[[],[1],{"a":[2]},"x"]', "@flatten", b'[1,{"a":[2]},"x"]'),
        (b"[[[]],[[1],[[2]]]]", '@flatten:{"deep":true}', b"[1,2]"),
        (
            b'{"id":["1","2"],"name":["a","b","c"],"x":5}',
            "@group",
            b'[{"id":"1","name":"a"},{"id":"2","name":"b"},{"name":"c"}]',
        ),
        (
            b'{"k":["\\u0001<>&\\"\\\\\\t\xe2\x80\xa8\xff"]}',
            "k.@tostr",
            b'["\\u0001<>&\\"\\\\\\t\xe2\x80\xa8\xef\xbf\xbd"]',
        ),
    ],
)
def test_modifiers_change_the_text_as_in_the_reference(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value
