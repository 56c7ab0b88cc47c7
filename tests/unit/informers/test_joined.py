"""The stores of several namespaces read as one."""

from esoctl.informers.joined import Joined
from esoctl.informers.store import Writer
from esoctl.model.meta import Bare, Meta

INDEX = {"all": lambda bare: ["every"]}


def a_writer(namespace: str, *names: str, version: str = "") -> Writer[Bare]:
    writer: Writer[Bare] = Writer(INDEX)
    for name in names:
        writer.put(Bare(Meta(name, namespace)))
    writer.advance(version)
    return writer


def test_what_any_of_them_holds_is_found_and_each_has_its_own_version() -> None:
    parts = {"a": a_writer("a", "x", "y", version="7").store, "b": a_writer("b", "x", version="9").store}

    joined = Joined(parts)

    assert len(joined) == 3
    assert sorted((one.metadata.namespace, one.metadata.name) for one in joined.all()) == [
        ("a", "x"), ("a", "y"), ("b", "x"),
    ]  # fmt: skip
    assert sorted(one.metadata.namespace for one in joined.by("all", "every")) == ["a", "a", "b"]
    assert joined.by("all", "none") == []
    assert joined.get("b", "x") == Bare(Meta("x", "b"))
    assert joined.get("b", "y") is None
    assert (joined.version("a"), joined.version("b")) == ("7", "9")


def test_a_namespace_that_is_not_served_is_empty() -> None:
    joined = Joined({"a": a_writer("a", "x", version="7").store})

    assert joined.get("c", "x") is None
    assert joined.version("c") == ""
