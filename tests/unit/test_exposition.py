"""The text format, as the client library reads it."""

from prometheus_client.parser import text_string_to_metric_families

from esoctl.exposition import family, quoted


def test_a_family_is_read_as_it_was_meant() -> None:
    rows = [(f'{{name="{quoted(name)}"}}', value) for name, value in (("a", 1.0), ('b"\\\n', 2.5e9), ("", 0.1))]

    (found,) = text_string_to_metric_families("".join(family("some_gauge", "gauge", "What it is.", rows)))

    assert (found.name, found.type, found.documentation) == ("some_gauge", "gauge", "What it is.")
    samples = [(sample.name, sample.labels, sample.value) for sample in found.samples]
    assert samples == [
        ("some_gauge", {"name": "a"}, 1.0),
        ("some_gauge", {"name": 'b"\\\n'}, 2.5e9),
        ("some_gauge", {"name": ""}, 0.1),
    ]


def test_a_family_without_series_is_still_told_of() -> None:
    assert "".join(family("some", "counter", "Text.", [])) == "# HELP some Text.\n# TYPE some counter\n"
