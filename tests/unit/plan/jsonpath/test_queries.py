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
        (DOCUMENT, "list.#(up).id", b"1"),
        (DOCUMENT, "list.#(up==true).id", b"1"),
        (DOCUMENT, "list.#(up!=true).id", b"2"),
        (DOCUMENT, "list.#(up==false).id", b"2"),
        (DOCUMENT, "list.#(up!=false).id", b"1"),
        (DOCUMENT, "list.#(up>false).id", b"1"),
        (DOCUMENT, "list.#(up>=true).id", b"1"),
        (DOCUMENT, "list.#(up>true).id", None),
        (DOCUMENT, "list.#(up<true).id", b"2"),
        (DOCUMENT, "list.#(up<=true).id", b"2"),
        (DOCUMENT, "list.#(up<false).id", None),
        (DOCUMENT, "list.#(up>=false).id", b"1"),
        (DOCUMENT, "list.#(id==2).id", b"2"),
        (DOCUMENT, "list.#(id!=1).id", b"2"),
        (DOCUMENT, "list.#(id<2).id", b"1"),
        (DOCUMENT, "list.#(id<=1).id", b"1"),
        (DOCUMENT, "list.#(id>2).id", b"3"),
        (DOCUMENT, "list.#(id>=3).id", b"3"),
        (DOCUMENT, "list.#(id%2).id", None),
        (DOCUMENT, "list.#(id==x).id", None),
        (DOCUMENT, 'list.#(zone<"b").id', b"1"),
        (DOCUMENT, 'list.#(zone<="a").id', b"1"),
        (DOCUMENT, 'list.#(zone>"a").id', b"2"),
        (DOCUMENT, 'list.#(zone>="b").id', b"2"),
        (DOCUMENT, 'list.#(zone%"?").id', b"1"),
        (DOCUMENT, 'list.#(zone!%"a").id', b"2"),
        (DOCUMENT, 'list.#(zone="b").id', b"2"),
        (DOCUMENT, "list.#(zone==b).id", b"2"),
        (DOCUMENT, "list.#(up==~true).id", b"1"),
        (DOCUMENT, "list.#(up==~false).id", b"2"),
        (DOCUMENT, "list.#(up!=~true).id", b"2"),
        (DOCUMENT, "list.#(note==~null).id", b"1"),
        (DOCUMENT, "list.#(note==~*).id", b"3"),
        (DOCUMENT, "list.#(note!=~*).id", b"1"),
        (DOCUMENT, "list.#(zone==~x).id", None),
        (DOCUMENT, "list.#(note).id", b"3"),
        (DOCUMENT, "list.#(note==null).id", None),
        (DOCUMENT, 'list.#(tags=="x").id', None),
        (DOCUMENT, "list.#(tags.#==0).id", b"2"),
        (DOCUMENT, "list.#(zone!a).id", b"1"),
        (DOCUMENT, "list.#(zone=).id", None),
        (DOCUMENT, 'list.#(zone=="a\\").id', None),
        (b'["1","t","FALSE","x",0,1,null,{}]', "#(==~true)#", b'["1","t",1]'),
        (b'["1","t","FALSE","x",0,1,null,{}]', "#(==~false)#", b'["FALSE",0,null,{}]'),
        (b'["a\\"b"]', '#(=="a\\"b")', b'a"b'),
        (b"[1,2]", "#[>1]", b"2"),
        (b'["x"]', "#(", b"x"),
    ],
)
def test_a_query_takes_what_the_reference_takes(document: bytes, path: str, value: bytes | None) -> None:
    assert jsonpath.get(document, path) == value
