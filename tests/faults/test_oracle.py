"""The judge of the fault rows is judged: each promise that is broken is told, and what is right is not."""

import base64
import json
import pathlib
from typing import Any

import pytest

from support.faults.accounts import History
from support.faults.oracle import MANAGER, OPERATOR, Oracle

Json = dict[str, Any]
SHOP = ("ns", "shop")
SPEC = {"refreshInterval": "10s", "data": [{"secretKey": key, "remoteRef": {"key": key}} for key in "ab"]}


class Log:
    """An audit log that is written by hand; seconds count from the epoch."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.path = folder / "audit.log"
        self.history = History()
        self.oracle = Oracle([self.path], lambda _: self.history)
        self.version = 0

    def add(self, at: float, user: str, verb: str, resource: str, name: str, **more: Any) -> None:
        kind, _, subresource = resource.partition("/")
        about = {"resource": kind, "subresource": subresource, "namespace": "ns", "name": name}
        code, manager = more.pop("code", 200), more.pop("manager", "")
        entry = {
            "objectRef": about,
            "requestURI": f"/?fieldManager={manager}",
            "requestReceivedTimestamp": stamp(at),
            "stageTimestamp": stamp(at + 0.01),
            "user": {"username": user},
            "verb": verb,
            "responseStatus": {"code": code},
        }
        with self.path.open("a") as handle:
            handle.write(json.dumps(entry | more) + "\n")

    def spec(self, at: float, generation: int = 1, spec: Json = SPEC) -> None:
        self.version += 1
        meta = {"uid": "u", "generation": generation, "resourceVersion": str(self.version)}
        self.add(at, "admin", "patch", "externalsecrets", "shop", responseObject={"metadata": meta, "spec": spec})

    def write(self, at: float, *, same: bool = False, **values: str) -> None:
        self.version += not same
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        answer = {"metadata": {"resourceVersion": f"s{self.version}"}}
        more = {"manager": f"{MANAGER}shop", "requestObject": {"data": data}, "responseObject": answer}
        self.add(at, OPERATOR, "patch", "secrets", "shop", **more)

    def status(self, at: float) -> None:
        self.version += 1
        answer = {"metadata": {"resourceVersion": str(self.version)}}
        self.add(at, OPERATOR, "patch", "externalsecrets/status", "shop", responseObject=answer)

    def judged(self, now: float = 100.0) -> list[str]:
        self.oracle.read()
        self.oracle.settle(faults=0, now=now)
        return self.oracle.violations


def stamp(at: float) -> str:
    return f"1970-01-01T00:{int(at) // 60:02d}:{at % 60:09.6f}Z"


@pytest.fixture
def log(tmp_path: pathlib.Path) -> Log:
    """Values a1 and b1, and a spec that takes them."""
    found = Log(tmp_path)
    found.history.add("a", "a1", 0.5)
    found.history.add("b", "b1", 0.5)
    found.spec(1.0)
    return found


def rotate(log: Log, at: float, number: int) -> None:
    log.history.add("a", f"a{number}", at)
    log.history.add("b", f"b{number}", at)


def test_whole_renders_of_one_moment_are_right(log: Log) -> None:
    log.write(2.0, a="a1", b="b1")
    rotate(log, 10.0, 2)
    log.write(12.0, a="a2", b="b2")

    assert log.judged() == []


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"a": "a2", "b": "b1"}, id="torn"),
        pytest.param({"a": "a1"}, id="partial"),
        pytest.param({}, id="empty"),
        pytest.param({"a": "a1", "b": ""}, id="an empty value"),
        pytest.param({"a": "a1", "b": "b1", "c": "x"}, id="of nobody"),
    ],
)
def test_N1_what_no_moment_explains_is_told(log: Log, values: dict[str, str]) -> None:
    rotate(log, 10.0, 2)
    log.write(12.0, **values)

    assert [told[:3] for told in log.judged()] == ["N1:"]


def test_N1_an_older_value_over_a_newer_one_is_told(log: Log) -> None:
    rotate(log, 10.0, 2)
    log.write(12.0, a="a2", b="b2")
    log.write(13.0, a="a1", b="b1")

    assert [told[:3] for told in log.judged()] == ["N1:"]


def test_N1_a_value_that_was_gone_long_before_the_write_is_told(log: Log) -> None:
    rotate(log, 10.0, 2)
    log.write(90.0, a="a1", b="b1")

    assert [told[:3] for told in log.judged()] == ["N1:"]


def test_N2_a_deletion_is_told_unless_it_was_asked_for(log: Log) -> None:
    log.add(5.0, OPERATOR, "delete", "secrets", "shop")
    log.add(6.0, OPERATOR, "delete", "secrets", "given-up")
    log.add(7.0, "system:serviceaccount:kube-system:generic-garbage-collector", "delete", "secrets", "collected")
    log.oracle.may_remove.add(("ns", "given-up"))

    assert log.judged() == ["N2: deleted ('ns', 'shop') that nobody gave up"]


def test_N2_a_key_goes_with_the_spec_only(log: Log) -> None:
    log.write(2.0, a="a1", b="b1")
    log.spec(3.0, generation=2, spec=SPEC | {"data": SPEC["data"][:1]})
    log.write(4.0, a="a1")

    assert log.judged() == []


def test_N2_a_key_that_goes_by_itself_is_told(log: Log) -> None:
    log.oracle.renders[SHOP] = lambda spec, values: {"a": b"a1"} if values("b") is None else {"a": b"a1", "b": b"b1"}
    log.write(2.0, a="a1", b="b1")
    log.history.add("b", None, 3.0)
    log.write(4.0, a="a1")

    assert log.judged() == ["N2: ['b'] of ('ns', 'shop') went without a change of the spec"]


def test_N5_late_refreshes_are_told(log: Log) -> None:
    for at in (2.0, 12.0, 30.0):
        log.status(at)

    log.oracle.read()

    assert log.oracle.lateness(SHOP, now=31.0) == pytest.approx(8.0)


def test_N5_who_is_never_refreshed_again_is_late(log: Log) -> None:
    log.status(2.0)

    log.oracle.read()

    assert log.oracle.lateness(SHOP, now=60.0) == pytest.approx(48.0, abs=0.1)


def test_N6_what_changes_nothing_is_free_and_more_than_enough_is_told(log: Log) -> None:
    for at in range(2, 9):
        log.write(float(at), same=True, a="a1", b="b1")
    assert log.judged(now=9.0) == []

    for at in range(10, 20):
        log.write(float(at), a="a1", b="b1")

    assert [told[:3] for told in log.judged(now=20.0)] == ["N6:"]


def test_a_line_that_is_half_written_is_read_later(log: Log) -> None:
    log.write(2.0, a="a1", b="b1")
    content = log.path.read_bytes()
    log.path.write_bytes(content[:-20])
    first = log.oracle.read()
    log.path.write_bytes(content)

    assert [entry.resource for entry in [*first, *log.oracle.read()]] == ["externalsecrets", "secrets"]


def test_a_write_that_was_refused_before_anybody_read_it_is_no_write(log: Log) -> None:
    log.add(5.0, OPERATOR, "patch", "secrets", "shop", code=403, manager=f"{MANAGER}shop")

    assert log.judged() == []
