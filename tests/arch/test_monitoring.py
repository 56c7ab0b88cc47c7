"""What is shipped for Prometheus and Grafana: whole, and in agreement with itself."""

import json
import pathlib
import re
import runpy
from typing import Any

import pytest
import yaml

from support.promtool import configuration, promtool

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "manifests" / "monitoring"
RULES = MONITORING / "rules.yaml"
PAGE = (ROOT / "docs" / "monitoring.md").read_text()
TESTS = ROOT / "tests" / "data" / "monitoring" / "alerts_test.yaml"
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
NEEDED = {"stat": {"gridPos", "targets"}, "timeseries": {"gridPos", "targets"}, "table": {"gridPos", "targets"}}


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def test_promtool_accepts_the_rules() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES)


def test_every_alert_fires_and_clears_as_its_unit_tests_say() -> None:
    assert "SUCCESS" in promtool("test", "rules", TESTS)


def test_every_alert_has_a_unit_test_in_which_it_fires_and_clears() -> None:
    fired = set()
    for case in yaml.safe_load(TESTS.read_text())["tests"]:
        expected = [check["exp_samples"] for check in case["promql_expr_test"]]
        names = {re.findall(r'alertname="(\w+)"', sample["labels"])[0] for samples in expected for sample in samples}
        assert [] in expected, case["name"]
        fired |= names

    assert fired == {rule["alert"] for rule in alerts()}


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_is_wrong_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"docs/runbooks.md#{rule['alert'].lower()}"


def test_the_list_of_alerts_is_the_rules() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", (MONITORING / "README.md").read_text(), re.MULTILINE)

    assert set(rows) == {(rule["alert"], rule["labels"]["severity"]) for rule in alerts()}


def test_the_page_tells_of_every_alert() -> None:
    rows = re.findall(r"^\| `(Esoctl\w+)` \|", PAGE, re.MULTILINE)

    assert rows == [row for row in re.findall(r"`(Esoctl\w+)`", (MONITORING / "README.md").read_text()) if row in rows]
    assert set(rows) == {rule["alert"] for rule in alerts()}


def test_every_alert_has_its_section_in_the_runbooks() -> None:
    sections = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbooks.md").read_text(), re.MULTILINE)

    assert {rule["alert"] for rule in alerts()} <= set(sections)


def test_promtool_accepts_the_scrape_that_the_page_shows(tmp_path: pathlib.Path) -> None:
    config = configuration(tmp_path, "127.0.0.1:8080", RULES)

    assert "SUCCESS" in promtool("check", "config", config)
    assert "external-secrets-esoctl" in config.read_text()


def test_the_resource_for_the_prometheus_operator_holds_the_same_rules() -> None:
    written = runpy.run_path(str(ROOT / "hack" / "alerts.py"))["resource"](RULES.read_text())

    assert (MONITORING / "prometheusrule.yaml").read_text() == written
    assert yaml.safe_load(written)["spec"] == yaml.safe_load(RULES.read_text())


def test_the_dashboard_names_no_data_source_of_one_machine() -> None:
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    sources = [panel["datasource"] for panel in panels()]
    sources += [target["datasource"] for panel in panels() for target in panel["targets"]]
    sources.append(variables["job"]["datasource"])

    assert sources == [{"type": "prometheus", "uid": "${datasource}"}] * len(sources)
    assert DASHBOARD["id"] is None


def test_the_panels_have_what_grafana_needs() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        assert NEEDED[panel["type"]] <= panel.keys()
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)
        assert all('job=~"$job"' in target["expr"] for target in panel["targets"])


def test_the_panels_lie_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + across, place["y"] + down) for across in range(place["w"]) for down in range(place["h"])}
        assert not taken & cells, panel["title"]
        taken |= cells
