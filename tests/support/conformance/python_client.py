"""The official Python `kubernetes` package: typed and dynamic clients, watch, server-side apply, lease."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ConflictError, NotFoundError

from support.conformance import widgets
from support.conformance.place import Place, secret


@contextlib.contextmanager
def connected(place: Place) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(config_file=str(place.server.kubeconfig)) as api:
        yield api


@contextlib.contextmanager
def dynamic(place: Place, api_version: str, kind: str) -> Iterator[Any]:
    with connected(place) as api:
        yield DynamicClient(api).resources.get(api_version=api_version, kind=kind)


def typed_objects_make_the_round_trip(place: Place) -> None:
    with connected(place) as api:
        core = client.CoreV1Api(api)
        body = client.V1Secret(metadata=client.V1ObjectMeta(name="one", labels={"a": "b"}), string_data={"a": "x"})

        made = core.create_namespaced_secret(place.namespace, body)
        listed = core.list_namespaced_secret(place.namespace, label_selector="a=b")
        made.data["a"] = "eQ=="
        changed = core.replace_namespaced_secret("one", place.namespace, made)
        core.delete_namespaced_secret("one", place.namespace)

    assert [item.metadata.uid for item in listed.items] == [made.metadata.uid]
    assert isinstance(made.metadata.creation_timestamp, dt.datetime)
    assert changed.data == {"a": "eQ=="}
    place.api.get(place.secrets("one")).refused(404, "NotFound")


def a_refusal_is_an_exception_with_its_status(place: Place) -> None:
    with connected(place) as api, pytest.raises(ApiException) as caught:
        client.CoreV1Api(api).read_namespaced_secret("gone", place.namespace)

    assert (caught.value.status, caught.value.reason) == (404, "Not Found")
    assert 'secrets \\"gone\\" not found' in str(caught.value.body)


def the_dynamic_client_finds_and_serves_a_custom_resource(place: Place) -> None:
    with dynamic(place, widgets.GROUP_VERSION, "Widget") as resource:
        resource.create(body=widgets.widget("one", size=2), namespace=place.namespace)
        patched = resource.patch(
            name="one",
            namespace=place.namespace,
            body={"spec": {"size": 3}},
            content_type="application/merge-patch+json",
        )
        status = resource.status.patch(
            name="one",
            namespace=place.namespace,
            body={"status": {"ready": True}},
            content_type="application/merge-patch+json",
        )
        listed = resource.get(namespace=place.namespace)
        resource.delete(name="one", namespace=place.namespace)
        with pytest.raises(NotFoundError):
            resource.get(name="one", namespace=place.namespace)

    assert patched.spec.size == 3
    assert status.status.ready is True
    assert [item.metadata.name for item in listed.items] == ["one"]


def the_dynamic_client_applies_on_the_server(place: Place) -> None:
    with dynamic(place, "v1", "Secret") as resource:

        def apply(manager: str, value: str, *, force: bool = False) -> Any:
            return resource.server_side_apply(
                body=secret("one", data={"a": value}),
                name="one",
                namespace=place.namespace,
                field_manager=manager,
                force_conflicts=force,
            )

        apply("first", "eA==")
        with pytest.raises(ConflictError):
            apply("second", "eQ==")
        forced = apply("second", "eQ==", force=True)

    assert forced.data.a == "eQ=="
    assert [entry.manager for entry in forced.metadata.managedFields] == ["second"]


def a_watch_streams_typed_events(place: Place) -> None:
    with connected(place) as api:
        core = client.CoreV1Api(api)
        start = core.list_namespaced_secret(place.namespace).metadata.resource_version
        place.a_secret("one")
        place.api.delete(place.secrets("one")).good()
        watching = watch.Watch()
        events = []
        for event in watching.stream(
            core.list_namespaced_secret, place.namespace, resource_version=start, timeout_seconds=20
        ):
            events.append((event["type"], event["object"].metadata.name))
            if len(events) == 2:
                watching.stop()

    assert events == [("ADDED", "one"), ("DELETED", "one")]


def a_watch_of_an_ancient_version_is_gone(place: Place) -> None:
    with connected(place) as api:
        custom = client.CustomObjectsApi(api)
        watching = watch.Watch()
        place.a_widget("one")
        arguments = {"group": widgets.GROUP, "version": "v1", "namespace": place.namespace, "plural": "widgets"}
        stream = watching.stream(
            custom.list_namespaced_custom_object, **arguments, resource_version="1", timeout_seconds=5
        )
        with pytest.raises(ApiException) as caught:
            list(stream)

    assert caught.value.status == 410


def a_dynamic_watch_sees_custom_resources(place: Place) -> None:
    place.a_widget("one", size=3)
    with dynamic(place, widgets.GROUP_VERSION, "Widget") as resource:
        events = resource.watch(namespace=place.namespace, timeout=2)
        seen = [(event["type"], event["object"].spec.size) for event in events]

    assert seen == [("ADDED", 3)]


def a_lease_is_typed_with_microseconds(place: Place) -> None:
    now = dt.datetime.now(dt.UTC)
    with connected(place) as api:
        coordination = client.CoordinationV1Api(api)
        spec = client.V1LeaseSpec(holder_identity="me", lease_duration_seconds=15, acquire_time=now, renew_time=now)
        body = client.V1Lease(metadata=client.V1ObjectMeta(name="one"), spec=spec)

        made = coordination.create_namespaced_lease(place.namespace, body)
        made.spec.holder_identity = "you"
        taken = coordination.replace_namespaced_lease("one", place.namespace, made)
        made.spec.holder_identity = "nobody"
        with pytest.raises(ApiException) as caught:
            coordination.replace_namespaced_lease("one", place.namespace, made)

    assert taken.spec.holder_identity == "you"
    assert abs(taken.spec.renew_time - now) < dt.timedelta(milliseconds=1)
    assert caught.value.status == 409


def a_service_account_token_can_be_asked_for(place: Place) -> None:
    with connected(place) as api:
        core = client.CoreV1Api(api)
        core.create_namespaced_service_account(
            place.namespace, client.V1ServiceAccount(metadata=client.V1ObjectMeta(name="runner"))
        )
        request = client.AuthenticationV1TokenRequest(
            spec=client.V1TokenRequestSpec(audiences=["example.com"], expiration_seconds=600)
        )
        answer = core.create_namespaced_service_account_token("runner", place.namespace, request)

    assert answer.status.token.count(".") == 2
    assert answer.status.expiration_timestamp > dt.datetime.now(dt.UTC)


def the_version_is_typed(place: Place) -> None:
    with connected(place) as api:
        assert client.VersionApi(api).get_code().major == "1"
