"""A real Prometheus scrapes the operator on the real API server, and answers what dashboards, alerts and the page ask.

The page is docs/monitoring.md: its scrape is the one used here, its questions are asked, its tables are compared.
"""

import json
import pathlib
import re
import uuid
from collections.abc import Iterator

import pytest
import yaml

from support import kubeconfig, promql, promtool
from support.api import Api
from support.aws_front import Front
from support.installed import Installed
from support.promql import Sample
from support.promtool import Prometheus
from support.scene import Scene, a_scene, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "manifests" / "monitoring"
RULES = MONITORING / "rules.yaml"
THEIRS = yaml.safe_load((ROOT / "tests/data/monitoring/reference_expressions.yaml").read_text())
CONTROLLERS = ("externalsecret", "secretstore", "clustersecretstore")
ELECTION = ("--enable-leader-election", "--leader-election-namespace=esoctl")
PAGE = (ROOT / "docs" / "monitoring.md").read_text()
ADDED = {"__name__", "job", "instance", "service", "le"}
"""Labels that Prometheus adds, and that of histograms."""
QUIET = (
    "esoctl_store_failing",
    "esoctl_removals_held",
    "esoctl_aws_credentials_seconds_left",
    "esoctl_audit_records_lost",
)
"""Series that are there only while something is wrong, while a role is used, or with an option."""


@pytest.fixture(scope="module")
def watched(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with the shipped alerts, and the operator that it scrapes every second."""
    promtool.program("prometheus")
    config, aws_url, folder = installed.how
    with Installed(config, aws_url, folder / "watched", *ELECTION) as operator:
        target = operator.up().metrics.removeprefix("http://")
        with promtool.running(tmp_path_factory.mktemp("prometheus"), target, RULES) as found:
            yield found


@pytest.fixture(scope="module")
def busy(watched: Prometheus, control_plane: pathlib.Path, front: Front) -> Iterator[Scene]:
    """A scene in which every controller has worked and failed, for long enough to be seen in rates."""
    with a_scene(Api(kubeconfig.read(control_plane)), front) as scene:
        scene.put(db="first")
        scene.store()
        scene.synced(refreshInterval="1s")
        # A version cannot be read in a batch, in which a missing value is no failed call.
        entry = {"secretKey": "x", "remoteRef": {"key": "db", "version": f"uuid/{uuid.uuid4()}"}}
        scene.apply("ExternalSecret", "failing", {"secretStoreRef": {"name": "aws"}, "data": [entry]})
        scene.store("broken", keys="none")
        keyless = scene.provider("none")
        for reference in keyless["auth"]["secretRef"].values():
            reference["namespace"] = scene.namespace
        scene.apply("ClusterSecretStore", scene.namespace, {"provider": {"aws": keyless}})
        scene.fails("db", name="failing")
        failed = 'min(increase(controller_runtime_reconcile_total{result="error"}[1m])) > 0'
        until(lambda: watched.query(failed), lambda: str(watched.query("controller_runtime_reconcile_total")))
        calls = 'increase(externalsecret_provider_api_calls_count{status="error"}[1m]) > 0'
        until(lambda: watched.query(calls), lambda: str(watched.query("externalsecret_provider_api_calls_count")))
        yield scene


def samples(prometheus: Prometheus) -> list[Sample]:
    """Every series that is there now."""
    return [(labels["__name__"], labels) for labels, _ in prometheus.query('{__name__=~".+"}')]


def filled(expression: str) -> list[str]:
    """The expression with the variables that a dashboard puts in, as Grafana would for All and for each one."""
    text = expression.replace("$__rate_interval", "1m").replace("$job", ".*")
    if '="$controller"' in text:
        return [text.replace("$controller", name) for name in CONTROLLERS]
    return [text.replace("$controller", ".*")]


def test_every_expression_of_the_references_dashboard_finds_its_series(busy: Scene, watched: Prometheus) -> None:
    found = samples(watched)
    problems = {
        text: missing
        for entry in THEIRS
        if "absent" not in entry
        for text in filled(entry["expr"].removeprefix("label_values(").partition(", controller)")[0])
        if (missing := promql.missing(text, found))
    }

    assert problems == {}


def test_what_the_list_calls_absent_is_absent(busy: Scene, watched: Prometheus) -> None:
    found = samples(watched)

    assert [entry["expr"] for entry in THEIRS if "absent" in entry and not promql.missing(entry["expr"], found)] == []


def test_the_references_dashboard_lists_our_controllers(busy: Scene, watched: Prometheus) -> None:
    match = 'controller_runtime_active_workers{service=~".*external-secrets.*"}'

    assert watched.ask("label/controller/values", **{"match[]": match}) == sorted(CONTROLLERS)


def test_every_expression_of_the_references_dashboard_is_answered_with_data(busy: Scene, watched: Prometheus) -> None:
    asked = [
        entry["expr"] for entry in THEIRS if "absent" not in entry and not entry["expr"].startswith("label_values")
    ]

    silent = [text for expression in asked for text in filled(expression) if not watched.query(text)]

    assert silent == []


def test_every_expression_of_our_dashboard_is_answered_with_data(busy: Scene, watched: Prometheus) -> None:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]

    silent = [text for expression in asked for text in filled(expression) if not watched.query(text)]

    assert [text for text in silent if not any(name in text for name in QUIET)] == []
    assert len(asked) > 25


def test_every_alert_asks_for_series_that_there_are(busy: Scene, watched: Prometheus) -> None:
    found = samples(watched)
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    problems = {
        rule["alert"]: [text for text in promql.missing(rule["expr"], found) if not any(name in text for name in QUIET)]
        for rule in group["rules"]
    }

    assert {name: found for name, found in problems.items() if found} == {}


def test_every_question_of_the_page_is_answered_with_data(busy: Scene, watched: Prometheus) -> None:
    asked = re.findall(r"```promql\n(.*?)\n```", PAGE, re.DOTALL)

    assert [text for text in asked if not watched.query(text)] == []
    assert len(asked) > 5


def test_the_tables_of_the_page_tell_of_every_series_and_its_labels(busy: Scene, watched: Prometheus) -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|([a-z_, ]*)\|", PAGE.partition("## Every series")[2], re.MULTILINE)
    told = {name: set(re.findall(r"\w+", labels)) for names, labels in rows for name in re.findall(r"\w+", names)}
    # Prometheus has no label that is empty: a cluster store has no namespace.
    found: dict[str, set[str]] = {name: set() for name in QUIET}
    for name, labels in samples(watched):
        family = re.sub("_(bucket|sum|count)$", "", name)
        # Of the reference's names one ends like a histogram's.
        found.setdefault(name if name in told else family, set()).update(labels.keys() - ADDED)

    ours = {name for name in found if not name.startswith(("scrape_", "up", "ALERTS"))}
    assert ours == told.keys()
    assert {
        name: found[name] for name in ours - {*QUIET} if found[name] - {"namespace"} != told[name] - {"namespace"}
    } == {}


def test_the_alerts_see_what_fails_and_nothing_else(busy: Scene, watched: Prometheus) -> None:
    def waiting() -> set[str]:
        return {alert["labels"]["alertname"] for alert in watched.ask("alerts")["alerts"]}

    expected = {"EsoctlExternalSecretFailing", "EsoctlStoreDown", "EsoctlProviderErrors"}
    until(lambda: expected <= waiting(), lambda: str(waiting()))

    assert waiting() == expected
