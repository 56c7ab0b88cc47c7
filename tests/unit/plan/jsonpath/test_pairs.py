from esoctl.plan.jsonpath import pairs
from esoctl.plan.jsonpath.pairs import Pair


def test_pairs_are_ordered_by_key_and_then_by_kind_and_value() -> None:
    written = [b'"k": {}', b'"k": true', b'"k": "b"', b'"k": "a"', b'"k": 10', b'"k": 9', b'"k": false', b'"k": null']

    ordered = pairs.ordered([Pair(b'"k"', b"  " + text) for text in written] + [Pair(b'"a"', b'  "a": 1')])

    assert [pair.written.strip() for pair in ordered] == [b'"a": 1', *reversed(written)]


def test_keys_are_compared_as_text_and_broken_ones_come_first() -> None:
    keys = [b'"b"', b'"\\u0061"', b'"\\x"', b'"open']

    ordered = pairs.ordered([Pair(key, key + b": 1") for key in keys])

    assert [pair.key for pair in ordered] == [b'"\\x"', b'"open', b'"\\u0061"', b'"b"']
