"""kubectl: what people type, on custom resources, Secrets, ConfigMaps and Namespaces."""

import json
import os
import pathlib
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from support.api import Json
from support.conformance import widgets
from support.conformance.place import Place, config_map, eventually, secret


def command(place: Place, *arguments: str) -> list[str]:
    found = shutil.which("kubectl")
    if not found:
        pytest.skip("kubectl is not installed")
    return [found, f"--kubeconfig={place.server.kubeconfig}", f"--namespace={place.namespace}", *arguments]


def environment(place: Place) -> dict[str, str]:
    """Without the machine's own kubeconfig; with a discovery cache a server, which kubectl keeps by host and port."""
    return os.environ | {"KUBECONFIG": "", "KUBECACHEDIR": str(cache(place))}


def cache(place: Place) -> pathlib.Path:
    return place.server.kubeconfig.parent / "kubectl-cache"


def run(place: Place, *arguments: str, given: Json = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(place, *arguments),
        input=None if given is None else yaml.safe_dump(given),
        env=environment(place),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def kubectl(place: Place, *arguments: str, given: Json = None) -> str:
    """What it printed; an AssertionError with its words when it failed."""
    done = run(place, *arguments, given=given)
    assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}{done.stdout}"
    return done.stdout


def refused(place: Place, *arguments: str, given: Json = None) -> str:
    done = run(place, *arguments, given=given)
    assert done.returncode == 1, f"kubectl {' '.join(arguments)} should have failed: {done.stdout}"
    return done.stderr


def columns(printed: str) -> list[list[str]]:
    return [line.split() for line in printed.splitlines()]


def get_shows_the_columns_of_a_kind(place: Place) -> None:
    place.a_secret("one", stringData={"a": "x", "b": "y"})
    place.a_config_map("two", data={"a": "x"})

    secrets = columns(kubectl(place, "get", "secrets"))
    maps = columns(kubectl(place, "get", "configmap", "two"))

    assert secrets[0] == ["NAME", "TYPE", "DATA", "AGE"]
    assert secrets[1][:3] == ["one", "Opaque", "2"]
    assert maps[0] == ["NAME", "DATA", "AGE"]
    assert maps[1][:2] == ["two", "1"]


def get_shows_the_printer_columns_of_a_custom_resource(place: Place) -> None:
    place.a_widget("one", size=4, colour="red")
    condition = {"type": "Ready", "status": "True"}
    place.api.patch(place.widgets("one") + "/status", {"status": {"conditions": [condition]}}).good()

    plain = columns(kubectl(place, "get", "wd"))
    wide = columns(kubectl(place, "get", "widgets", "-o", "wide"))

    assert plain[0] == ["NAME", "SIZE", "READY", "AGE"]
    assert plain[1][:3] == ["one", "4", "True"]
    assert wide[0] == ["NAME", "SIZE", "READY", "COLOUR", "AGE"]
    assert wide[1][:4] == ["one", "4", "True", "red"]


def get_shows_namespaces_and_categories(place: Place) -> None:
    place.a_widget("one")

    assert columns(kubectl(place, "get", "namespace", place.namespace))[1][:2] == [place.namespace, "Active"]
    assert kubectl(place, "get", "toys", "-o", "name").split() == ["widget.conformance.esoctl.dev/one"]


def get_prints_json_yaml_and_paths(place: Place) -> None:
    made = place.a_secret("one", stringData={"a": "x"})

    shown = json.loads(kubectl(place, "get", "secret", "one", "-o", "json"))
    text = yaml.safe_load(kubectl(place, "get", "secret", "one", "-o", "yaml", "--show-managed-fields"))
    path = kubectl(place, "get", "secret", "one", "-o", "jsonpath={.data.a}")

    made["metadata"].pop("managedFields")
    assert shown == made
    assert text["metadata"]["managedFields"]
    assert path == "eA=="


def get_of_what_is_not_there_says_so(place: Place) -> None:
    assert refused(place, "get", "secret", "gone") == 'Error from server (NotFound): secrets "gone" not found\n'


def get_over_all_namespaces_shows_where(place: Place) -> None:
    place.a_widget("one")

    shown = columns(kubectl(place, "get", "widgets", "--all-namespaces"))

    assert shown[0][:2] == ["NAMESPACE", "NAME"]
    assert [place.namespace, "one"] in [row[:2] for row in shown]


def describe_shows_fields_and_events(place: Place) -> None:
    made = place.a_widget("one", size=4)
    involved = {k: made["metadata"][k] for k in ("name", "namespace", "uid")} | {
        "kind": "Widget",
        "apiVersion": widgets.GROUP_VERSION,
    }
    event = {
        "metadata": {"generateName": "one."},
        "involvedObject": involved,
        "reason": "Tested",
        "message": "all is well",
        "type": "Normal",
        "count": 1,
        "firstTimestamp": "2026-01-01T00:00:00Z",
        "lastTimestamp": "2026-01-01T00:00:00Z",
        "source": {"component": "tests"},
    }
    place.api.post(place.path("events"), event).good()

    shown = kubectl(place, "describe", "widget", "one")

    assert "Kind:         Widget" in shown
    assert ["Size:", "4"] in columns(shown)
    assert ["Normal", "Tested"] in [row[:2] for row in columns(shown)]
    assert "all is well" in shown


def describe_hides_the_values_of_a_secret(place: Place) -> None:
    place.a_secret("one", stringData={"a": "hidden"})

    shown = kubectl(place, "describe", "secret", "one")

    assert ["a:", "6", "bytes"] in columns(shown)
    assert "hidden" not in shown
    assert "No resources found" not in shown


def create_makes_objects_from_arguments(place: Place) -> None:
    kubectl(place, "create", "secret", "generic", "one", "--from-literal=a=x")
    kubectl(place, "create", "configmap", "two", "--from-literal=a=x")
    printed = kubectl(place, "create", "serviceaccount", "three")

    assert printed == "serviceaccount/three created\n"
    assert place.api.get(place.secrets("one")).good()["data"] == {"a": "eA=="}
    token = kubectl(place, "create", "token", "three", "--audience=example.com")
    assert token.count(".") == 2


def apply_creates_configures_and_leaves_unchanged(place: Place) -> None:
    body = config_map("one", data={"a": "1", "b": "1"})

    first = kubectl(place, "apply", "-f", "-", given=body)
    again = kubectl(place, "apply", "-f", "-", given=body)
    second = kubectl(place, "apply", "-f", "-", given=config_map("one", data={"a": "2"}))

    assert (first, again) == ("configmap/one created\n", "configmap/one unchanged\n")
    assert second == "configmap/one configured\n"
    assert place.api.get(place.config_maps("one")).good()["data"] == {"a": "2"}


def apply_works_on_custom_resources(place: Place) -> None:
    created = kubectl(place, "apply", "-f", "-", given=widgets.widget("one", size=1, colour="red"))
    configured = kubectl(place, "apply", "-f", "-", given=widgets.widget("one", size=2))

    assert created == "widget.conformance.esoctl.dev/one created\n"
    assert configured == "widget.conformance.esoctl.dev/one configured\n"
    assert place.api.get(place.widgets("one")).good()["spec"] == {"size": 2}


def apply_refuses_unknown_fields_by_default(place: Place) -> None:
    said = refused(place, "apply", "-f", "-", given=widgets.widget("one", nonsense=1))
    dropped = kubectl(place, "apply", "--validate=ignore", "-f", "-", given=widgets.widget("one", nonsense=1))

    assert 'unknown field "spec.nonsense"' in said
    assert dropped == "widget.conformance.esoctl.dev/one created\n"


def apply_passes_on_the_words_of_a_rule(place: Place) -> None:
    for validate in ("--validate=strict", "--validate=ignore"):
        said = refused(place, "apply", validate, "-f", "-", given=widgets.widget("one", auth={"a": 1}))

        assert "spec.auth: Forbidden: auth belongs under spec.free, not under spec" in said


def server_side_apply_owns_fields_and_reports_conflicts(place: Place) -> None:
    first = kubectl(place, "apply", "--server-side", "-f", "-", given=secret("one", data={"a": "eA=="}))
    other = secret("one", data={"a": "eQ=="})
    said = refused(place, "apply", "--server-side", "--field-manager=other", "-f", "-", given=other)
    forced = kubectl(
        place, "apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-", given=other
    )

    assert first == forced == "secret/one serverside-applied\n"
    assert 'conflict with "kubectl": .data.a' in said
    assert place.api.get(place.secrets("one")).good()["data"] == {"a": "eQ=="}


def server_side_apply_works_on_custom_resources(place: Place) -> None:
    kubectl(place, "apply", "--server-side", "-f", "-", given=widgets.widget("one", size=1, words=["a"]))

    kubectl(place, "apply", "--server-side", "-f", "-", given=widgets.widget("one", size=2))

    assert place.api.get(place.widgets("one")).good()["spec"] == {"size": 2}


def patch_takes_all_three_kinds(place: Place) -> None:
    place.a_config_map("one", data={"a": "1"})
    place.a_widget("two")

    kubectl(place, "patch", "configmap", "one", "-p", '{"data":{"b":"2"}}')
    kubectl(place, "patch", "widget", "two", "--type=merge", "-p", '{"spec":{"size":2}}')
    operations = '[{"op":"replace","path":"/spec/size","value":3}]'
    kubectl(place, "patch", "widget", "two", "--type=json", "-p", operations)
    kubectl(place, "patch", "widget", "two", "--subresource=status", "--type=merge", "-p", '{"status":{"ready":true}}')

    assert place.api.get(place.config_maps("one")).good()["data"] == {"a": "1", "b": "2"}
    two = place.api.get(place.widgets("two")).good()
    assert (two["spec"], two["status"]) == ({"size": 3}, {"ready": True})


def edit_patches_what_the_editor_changed(place: Place) -> None:
    place.a_widget("one", size=1)
    editing = environment(place) | {"KUBE_EDITOR": "sed -i 's/size: 1/size: 7/'"}

    done = subprocess.run(
        command(place, "edit", "widget", "one"), env=editing, capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (0, "widget.conformance.esoctl.dev/one edited\n"), done.stderr
    assert place.api.get(place.widgets("one")).good()["spec"]["size"] == 7


def label_and_annotate_change_metadata(place: Place) -> None:
    place.a_widget("one")

    kubectl(place, "label", "widget", "one", "a=b")
    kubectl(place, "annotate", "widget", "one", "force-sync=now")

    meta = place.api.get(place.widgets("one")).good()["metadata"]
    assert (meta["labels"], meta["annotations"]) == ({"a": "b"}, {"force-sync": "now"})


def delete_waits_until_it_is_gone(place: Place) -> None:
    place.a_widget("one")
    place.a_secret("two")

    printed = kubectl(place, "delete", "widget/one", "secret/two")

    assert printed.splitlines()[0].startswith('widget.conformance.esoctl.dev "one" deleted')
    place.api.get(place.widgets("one")).refused(404, "NotFound")
    place.api.get(place.secrets("two")).refused(404, "NotFound")


def a_namespace_can_be_made_and_deleted(place: Place) -> None:
    name = f"{place.namespace}-k"

    kubectl(place, "create", "namespace", name)
    kubectl(place, "delete", "namespace", name, "--timeout=60s")

    assert place.api.get(f"/api/v1/namespaces/{name}").status == 404


def wait_returns_when_the_condition_is_true(place: Place) -> None:
    place.a_widget("one")
    waiting = following(place, "wait", "widget/one", "--for=condition=Ready", "--timeout=40s")
    condition = {"type": "Ready", "status": "True"}
    place.api.patch(place.widgets("one") + "/status", {"status": {"conditions": [condition]}}).good()

    printed, _ = waiting.communicate(timeout=50)

    assert (waiting.returncode, printed) == (0, "widget.conformance.esoctl.dev/one condition met\n")
    assert kubectl(place, "wait", "widget/one", "--for=jsonpath={.spec.size}=1", "--timeout=9s")


def wait_for_deletion_returns(place: Place) -> None:
    place.a_secret("one")
    waiting = following(place, "wait", "secret/one", "--for=delete", "--timeout=40s")

    place.api.delete(place.secrets("one")).good()

    waiting.communicate(timeout=50)
    assert waiting.returncode == 0


def watching_prints_a_line_a_change(place: Place) -> None:
    place.a_widget("one", size=1)
    watching = following(place, "get", "widgets", "--watch", "-o", "custom-columns=NAME:.metadata.name,SIZE:.spec.size")
    try:
        assert watching.stdout
        lines = [watching.stdout.readline().split() for _ in range(2)]
        place.api.patch(place.widgets("one"), {"spec": {"size": 2}}).good()
        lines.append(watching.stdout.readline().split())
    finally:
        watching.kill()
        watching.communicate()

    assert lines == [["NAME", "SIZE"], ["one", "1"], ["one", "2"]]


def following(place: Place, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(place, *arguments),
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def explain_reads_the_schema(place: Place) -> None:
    whole: list[str] = []

    def explained() -> Any:
        done = run(place, "explain", "widget.spec")
        whole[:] = [done.stdout]
        return done.returncode == 0

    eventually(explained, "kubectl explain knows Widget")
    field = kubectl(place, "explain", "widgets.spec.size")

    assert "What the widget shall be." in whole[0]
    assert "How big it is." in field
    assert "<integer>" in field
    assert "FIELDS:" in kubectl(place, "explain", "secret")


def api_resources_lists_the_custom_resource(place: Place) -> None:
    listed = columns(kubectl(place, "api-resources", f"--api-group={widgets.GROUP}"))

    assert ["widgets", "wd", widgets.GROUP_VERSION, "true", "Widget"] in listed


def who_may_is_answered(place: Place) -> None:
    assert kubectl(place, "auth", "can-i", "delete", "secrets").strip() == "yes"


def diff_shows_a_change_and_makes_none(place: Place) -> None:
    kubectl(place, "apply", "-f", "-", given=config_map("one", data={"a": "1"}))

    done = run(place, "diff", "-f", "-", given=config_map("one", data={"a": "2"}))

    assert done.returncode == 1, done.stderr
    assert '+  a: "2"' in done.stdout
    assert place.api.get(place.config_maps("one")).good()["data"] == {"a": "1"}
