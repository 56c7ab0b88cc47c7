"""Series and labels that dashboards depend on, by name: those of the reference and of controller-runtime."""

from collections.abc import Iterable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from esoctl import __version__
from esoctl.metrics import CONTROLLERS, LAGS_KEPT, RESULTS, Age, Metrics, QueueFigures, Ready

SHOP = ("externalsecret", "team-a", "shop")
OF_SHOP = {"name": "shop", "namespace": "team-a"}
OF_QUEUE = {"name": "externalsecret", "controller": "externalsecret"}
FIGURES = QueueFigures(depth=3, unfinished_seconds=1.5, longest_seconds=1.0, active=4)


def scraped(metrics: Metrics) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Every sample by its name, as a scraper reads it."""
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(metrics.exposition().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def value(metrics: Metrics, series: str, /, **labels: str) -> float | None:
    return next((number for found, number in scraped(metrics).get(series, []) if found == labels), None)


def busy() -> Metrics:
    """Metrics of an operator that did a bit of everything."""
    metrics = Metrics(workers=8)
    metrics.conditions = lambda: [
        Ready("externalsecret", "team-a", "shop", "True"),
        Ready("secretstore", "team-a", "aws", "False"),
        Ready("clustersecretstore", "", "wide", "True"),
    ]
    metrics.queue = lambda: {"externalsecret": FIGURES}
    for target in (SHOP, ("secretstore", "team-a", "aws"), ("clustersecretstore", "", "wide")):
        metrics.observe_reconcile(target, "success", 0.25)
    metrics.observe_provider("AWS/SecretsManager", "GetSecretValue", ok=True)
    metrics.observe_request("200", "10.0.0.1", "GET")
    metrics.census = lambda: {"queued": 3, "timer": 70}
    metrics.observe_add("externalsecret")
    metrics.observe_retry("externalsecret")
    metrics.observe_wait("externalsecret", 0.1)
    metrics.observe_work("externalsecret", 0.1)
    metrics.observe_refresh(2.0)
    metrics.observe_lag(0.5)
    return metrics


@pytest.mark.parametrize(
    ("name", "labels", "number"),
    [
        ("externalsecret_sync_calls_total", OF_SHOP, 1),
        ("externalsecret_sync_calls_error", OF_SHOP, 0),
        ("externalsecret_reconcile_duration", OF_SHOP, 0.25e9),
        ("secretstore_reconcile_duration", {"name": "aws", "namespace": "team-a"}, 0.25e9),
        ("clustersecretstore_reconcile_duration", {"name": "wide", "namespace": ""}, 0.25e9),
        ("externalsecret_status_condition", {**OF_SHOP, "condition": "Ready", "status": "True"}, 1),
        ("externalsecret_status_condition", {**OF_SHOP, "condition": "Ready", "status": "False"}, 0),
        (
            "secretstore_status_condition",
            {"name": "aws", "namespace": "team-a", "condition": "Ready", "status": "False"},
            1,
        ),
        (
            "clustersecretstore_status_condition",
            {"name": "wide", "namespace": "", "condition": "Ready", "status": "True"},
            1,
        ),
        (
            "externalsecret_provider_api_calls_count",
            {"provider": "AWS/SecretsManager", "call": "GetSecretValue", "status": "success"},
            1,
        ),
        ("controller_runtime_reconcile_total", {"controller": "externalsecret", "result": "success"}, 1),
        ("controller_runtime_reconcile_errors_total", {"controller": "externalsecret"}, 0),
        ("controller_runtime_reconcile_panics_total", {"controller": "secretstore"}, 0),
        ("controller_runtime_reconcile_time_seconds_count", {"controller": "externalsecret"}, 1),
        ("controller_runtime_reconcile_time_seconds_sum", {"controller": "externalsecret"}, 0.25),
        ("controller_runtime_terminal_reconcile_errors_total", {"controller": "externalsecret"}, 0),
        ("controller_runtime_reconcile_timeouts_total", {"controller": "externalsecret"}, 0),
        ("controller_runtime_max_concurrent_reconciles", {"controller": "secretstore"}, 8),
        ("controller_runtime_active_workers", {"controller": "externalsecret"}, 4),
        ("controller_runtime_active_workers", {"controller": "clustersecretstore"}, 0),
        ("workqueue_depth", OF_QUEUE, 3),
        ("workqueue_adds_total", OF_QUEUE, 1),
        ("workqueue_retries_total", OF_QUEUE, 1),
        ("workqueue_unfinished_work_seconds", OF_QUEUE, 1.5),
        ("workqueue_longest_running_processor_seconds", OF_QUEUE, 1),
        ("workqueue_queue_duration_seconds_count", OF_QUEUE, 1),
        ("workqueue_work_duration_seconds_count", OF_QUEUE, 1),
        ("rest_client_requests_total", {"code": "200", "host": "10.0.0.1", "method": "GET"}, 1),
        ("esoctl_event_loop_lag_seconds", {}, 0.5),
        ("esoctl_build_info", {"version": __version__}, 1),
        ("esoctl_refresh_lag_seconds_sum", {}, 2),
        ("esoctl_queue_keys", {"state": "timer"}, 70),
    ],
)
def test_a_series_has_its_name_its_labels_and_its_value(name: str, labels: dict[str, str], number: float) -> None:
    assert value(busy(), name, **labels) == number


def test_the_process_and_the_interpreter_are_measured() -> None:
    assert {"process_cpu_seconds_total", "python_info", "python_gc_collections_total"} <= scraped(busy()).keys()


@pytest.mark.parametrize(
    ("results", "errors", "special", "total"),
    [
        pytest.param(["success", "requeue_after"], 0, {}, {"success": 1, "requeue_after": 1}, id="well"),
        pytest.param(["error", "error"], 2, {}, {"error": 2}, id="failures"),
        pytest.param(["panic"], 1, {"reconcile_panics": 1}, {"error": 1}, id="a panic is an error too"),
        pytest.param(
            ["terminal"], 1, {"terminal_reconcile_errors": 1}, {"error": 1}, id="so is what only an edit heals"
        ),
        pytest.param(["timeout"], 1, {"reconcile_timeouts": 1}, {"error": 1}, id="and what took too long"),
    ],
)
def test_results_are_counted_as_controller_runtime_counts(
    results: Iterable[str], errors: int, special: dict[str, int], total: dict[str, int]
) -> None:
    metrics = Metrics()

    for result in results:
        metrics.observe_reconcile(SHOP, result, 0.1)

    assert value(metrics, "controller_runtime_reconcile_errors_total", controller="externalsecret") == errors
    for name in ("reconcile_panics", "terminal_reconcile_errors", "reconcile_timeouts"):
        found = value(metrics, f"controller_runtime_{name}_total", controller="externalsecret")
        assert found == special.get(name, 0)
    assert value(metrics, "externalsecret_sync_calls_error", **OF_SHOP) == errors
    for result, count in total.items():
        found = value(metrics, "controller_runtime_reconcile_total", controller="externalsecret", result=result)
        assert found == count


def test_provider_calls_are_counted_by_outcome() -> None:
    metrics = Metrics()
    for ok in (True, False, False):
        metrics.observe_provider("AWS/ParameterStore", "GetParameter", ok)

    counted = {found["status"]: number for found, number in scraped(metrics)["externalsecret_provider_api_calls_count"]}
    assert counted == {"success": 1, "error": 2}


def test_an_object_that_is_gone_leaves_no_series() -> None:
    metrics = Metrics()
    metrics.observe_reconcile(SHOP, "success", 0.1)

    metrics.forget(SHOP)
    metrics.forget(SHOP)

    assert "team-a" not in metrics.exposition().decode()


def test_reads_are_counted_by_how_they_were_read() -> None:
    metrics = Metrics()
    metrics.observe_reads("AWS/SecretsManager", "batched", 20)
    metrics.observe_reads("AWS/SecretsManager", "batched", 5)
    metrics.observe_reads("AWS/SecretsManager", "shared", 1)

    text = metrics.exposition().decode()

    assert 'esoctl_provider_reads_total{how="batched",provider="AWS/SecretsManager"} 25.0' in text
    assert 'esoctl_provider_reads_total{how="shared",provider="AWS/SecretsManager"} 1.0' in text


def test_gauges_of_others_are_asked_at_the_scrape() -> None:
    metrics = Metrics()
    metrics.gauges["esoctl_informer_objects"] = ("Objects.", lambda: {"secrets": 2.0})
    metrics.gauges["esoctl_clients"] = ("Clients.", lambda: {"": 1.0})

    assert value(metrics, "esoctl_informer_objects", name="secrets") == 2
    assert value(metrics, "esoctl_clients") == 1


def test_what_was_taken_down_is_printed_whatever_happens_meanwhile() -> None:
    metrics = Metrics()
    metrics.observe_reconcile(SHOP, "success", 0.1)

    printed = metrics.scrape()
    metrics.forget(SHOP)

    assert 'externalsecret_sync_calls_total{name="shop",namespace="team-a"} 1.0' in printed().decode()


def test_every_controller_has_its_series_before_anything_happened() -> None:
    found = scraped(Metrics())

    for name in ("workqueue_depth", "workqueue_adds_total", "controller_runtime_active_workers"):
        assert {labels["controller"] for labels, _ in found[name]} == set(CONTROLLERS)
    assert {labels["result"] for labels, _ in found["controller_runtime_reconcile_total"]} == set(RESULTS)


def test_series_of_objects_have_their_labels_on_demand() -> None:
    metrics = busy()
    metrics.ages = lambda: [Age("team-a", "shop", 5.0)]
    known = {SHOP: {"app.kubernetes.io/name": "shop", "app.kubernetes.io/part-of": 'the "web"', "other": "x"}}
    metrics.own_labels = lambda *target: known.get(target, {})

    found = scraped(metrics)

    extended = dict.fromkeys(
        (f"app_kubernetes_io_{name}" for name in ("instance", "version", "component", "managed_by")), ""
    )
    extended |= {"app_kubernetes_io_name": "shop", "app_kubernetes_io_part_of": 'the "web"'}
    for name in (
        "externalsecret_sync_calls_total",
        "externalsecret_reconcile_duration",
        "esoctl_seconds_since_last_success",
    ):
        assert [labels for labels, _ in found[name]] == [OF_SHOP | extended]
    (labels, _), _ = found["secretstore_status_condition"]
    assert labels["app_kubernetes_io_name"] == ""
    assert labels["namespace"] == "team-a"


def test_a_loop_that_stood_still_is_told_of_for_a_minute() -> None:
    metrics = Metrics()
    metrics.observe_lag(3.0)
    told = []
    for _ in range(LAGS_KEPT):
        told.append(value(metrics, "esoctl_event_loop_lag_seconds"))
        metrics.observe_lag(0.01)

    assert set(told) == {3.0}
    assert value(metrics, "esoctl_event_loop_lag_seconds") == 0.01


def test_no_series_tells_when_a_counter_was_made() -> None:
    assert "_created" not in busy().exposition().decode()


def test_ages_are_told_by_object_and_asked_at_the_scrape() -> None:
    metrics = Metrics()
    there = [Age("team-a", "shop", 300.0), Age("team-b", "shop", 1.5)]
    metrics.ages = lambda: there
    assert value(metrics, "esoctl_seconds_since_last_success", **OF_SHOP) == 300
    assert value(metrics, "esoctl_seconds_since_last_success", name="shop", namespace="team-b") == 1.5

    there.clear()

    assert "esoctl_seconds_since_last_success{" not in metrics.exposition().decode()


def test_two_operators_in_one_process_do_not_share_series() -> None:
    first, second = Metrics(), Metrics()

    first.observe_reconcile(SHOP, "success", 0.1)

    assert value(second, "externalsecret_sync_calls_total", **OF_SHOP) is None
