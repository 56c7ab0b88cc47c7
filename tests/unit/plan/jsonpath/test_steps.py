import pytest

from esoctl.plan.jsonpath import modifiers, steps
from esoctl.plan.jsonpath.steps import Query, Step


@pytest.mark.parametrize(
    ("path", "step"),
    [
        (b"a.b", Step(b"a", b"b", more=True)),
        (b"a|b", Step(b"a", pipe=b"b")),
        (b"a\\.b\\", Step(b"a.b")),
        (b"a*.b", Step(b"a*", b"b", more=True, wild=True)),
        (b"a\\*", Step(b"a*")),
        (b"a.@keys:x", Step(b"a", pipe=b"@keys:x")),
        (b"a.@nope", Step(b"a", b"@nope", more=True)),
        (b"a.{b}", Step(b"a", pipe=b"{b}")),
        (b"a.", Step(b"a", more=True)),
    ],
)
def test_a_step_over_an_object(path: bytes, step: Step) -> None:
    assert steps.over_object(path) == step


@pytest.mark.parametrize(
    ("path", "step"),
    [
        (b"0.a", Step(b"0", b"a", more=True)),
        (b"#", Step(b"#", hashed=True)),
        (b"#.a.b", Step(b"#", b"a.b", more=True, hashed=True, each=b"a.b")),
        (b"#|a", Step(b"#", pipe=b"a", hashed=True)),
        (b"#.{a}", Step(b"#", b"{a}", more=True, hashed=True, each=b"{a}")),
        (b"#(a)#.b", Step(b"#(a)#", b"b", more=True, hashed=True, query=Query(b"a", every=True))),
        (b'#(a == "x\\"y" )', Step(b'#(a == "x\\"y" )', hashed=True, query=Query(b"a", b"=", b'x"y'))),
        (b"#(a.#(b=1)!=c)|0", Step(b"#(a.#(b=1)!=c)", pipe=b"0", hashed=True, query=Query(b"a.#(b=1)", b"!=", b"c"))),
        (b"#(a\\)b>=1)", Step(b"#(a\\)b>=1)", hashed=True, query=Query(b"a\\)b", b">=", b"1"))),
        (b"#(a", Step(b"#(a", hashed=True, query=Query())),
        (b"a#.@keys", Step(b"a#", b"@keys", more=True, hashed=True)),
    ],
)
def test_a_step_over_an_array(path: bytes, step: Step) -> None:
    assert steps.over_array(path) == step


@pytest.mark.parametrize(
    ("path", "halves"),
    [
        (b"a.b", None),
        (b"a.b|c", (b"a.b", b"c")),
        (b"a\\|b|c", (b"a\\|b", b"c")),
        (b'a.#(b|c=="|)\\"")|d', (b'a.#(b|c=="|)\\"")', b"d")),
        (b"a.#[[b\\]]|c]|d", (b"a.#[[b\\]]|c]", b"d")),
        (b"a.#|b", None),
        (b"a.#(b|c", None),
        (b"{a|b}|c", (b"{a|b}", b"c")),
        (b"{a|b}c", None),
    ],
)
def test_a_path_is_split_at_its_pipe(path: bytes, halves: tuple[bytes, bytes] | None) -> None:
    assert steps.split_pipe(path) == halves


@pytest.mark.parametrize(
    ("path", "squashed"),
    [(b'"a\\"b"c', b'"a\\"b"'), (b"{a[b(c)]}d", b"{a[b(c)]}"), (b'{"}"}x', b'{"}"}'), (b"[a", b"[a")],
)
def test_a_bracketed_part_ends_where_it_closes(path: bytes, squashed: bytes) -> None:
    assert steps.squash(path) == squashed


def test_every_modifier_is_known_to_the_steps() -> None:
    assert set(modifiers.TABLE) == steps.MODIFIERS
