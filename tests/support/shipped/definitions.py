"""What must hold of the definitions in ``manifests/crds`` on any API server: the real one and the sandbox."""

import pathlib
from typing import Any

import yaml

from support.api import Json
from support.conformance.kubectl import columns, kubectl, refused
from support.conformance.place import Place, Server, eventually

ROOT = pathlib.Path(__file__).resolve().parents[3]
MANIFESTS = ROOT / "manifests"
EXAMPLES = sorted((MANIFESTS / "examples").glob("*.yaml"))
PUBLISHED = ROOT / "tests" / "data" / "secretstore-sample-as-published.yaml"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUP = "external-secrets.io"
PLURALS = ("externalsecrets", "secretstores", "clustersecretstores")
MISPLACED = "spec.auth: Forbidden: auth belongs under spec.provider.aws, not under spec"
AWS = {"service": "SecretsManager", "region": "eu-west-1"}
VALIDATIONS = ({}, {"fieldValidation": "Ignore"}, {"fieldValidation": "Warn"}, {"fieldValidation": "Strict"})


def install(server: Server) -> None:
    """As the README says, and wait until the kinds are served."""
    place = Place(server, server.api, "default")
    kubectl(place, "apply", "--server-side", "--force-conflicts", "-f", str(MANIFESTS / "crds"))
    eventually(lambda: all(established(place, plural) for plural in PLURALS), "the definitions are established")
    eventually(lambda: all(served(place, plural) for plural in PLURALS), "the kinds are served")


def conditions(place: Place, plural: str) -> dict[str, str]:
    found = place.api.get(f"{CRDS}/{plural}.{GROUP}").good()
    return {condition["type"]: condition["status"] for condition in found["status"].get("conditions", [])}


def established(place: Place, plural: str) -> bool:
    return conditions(place, plural).get("Established") == "True"


def served(place: Place, plural: str) -> bool:
    return place.api.get(f"/apis/{GROUP}/v1/{plural}").status == 200


def path(place: Place, plural: str, name: str = "") -> str:
    if plural == "clustersecretstores":
        return f"/apis/{GROUP}/v1/{plural}" + (f"/{name}" if name else "")
    return place.path(plural, name, group=f"{GROUP}/v1")


def an_object(kind: str, name: str, **spec: Json) -> Json:
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def a_store(name: str = "one", kind: str = "SecretStore", **spec: Json) -> Json:
    return an_object(kind, name, **({"provider": {"fake": {"data": []}}} | spec))


def an_external_secret(name: str = "one", **spec: Json) -> Json:
    data = [{"secretKey": "password", "remoteRef": {"key": "app/db"}}]
    return an_object("ExternalSecret", name, **({"secretStoreRef": {"name": "one"}, "data": data} | spec))


def published() -> Json:
    return yaml.safe_load(PUBLISHED.read_text())


def a_definition_is_established_and_structural(place: Place) -> None:
    for plural in PLURALS:
        found = conditions(place, plural)

        assert found["Established"] == "True"
        assert found["NamesAccepted"] == "True"
        assert "NonStructuralSchema" not in found


def nothing_is_added_to_what_was_sent(place: Place) -> None:
    stores = [a_store(), a_store("two", provider={"aws": AWS})]
    sent = [("externalsecrets", an_external_secret(target={}, dataFrom=[{"extract": {"key": "a"}}]))]
    sent += [("secretstores", store) for store in stores]

    for plural, body in sent:
        made = place.api.post(path(place, plural), body, fieldValidation="Strict").good()

        assert made["spec"] == body["spec"]
        assert "status" not in made


def an_auth_in_the_wrong_place_is_refused_however_the_client_validates(place: Place) -> None:
    for query in VALIDATIONS:
        status = place.api.post(path(place, "secretstores"), published(), **query).refused(422, "Invalid")

        assert status["message"] == (f'SecretStore.{GROUP} "secretstore-sample" is invalid: {MISPLACED}')
        assert [(cause["reason"], cause["field"]) for cause in status["details"]["causes"]] == [
            ("FieldValueForbidden", "spec.auth")
        ]


def an_auth_in_the_wrong_place_is_refused_in_a_cluster_store(place: Place) -> None:
    body = published() | {"kind": "ClusterSecretStore"}

    status = place.api.post(path(place, "clustersecretstores"), body, dryRun="All").refused(422, "Invalid")

    assert MISPLACED in status["message"]


def an_auth_in_the_wrong_place_is_refused_on_every_way_of_writing(place: Place) -> None:
    made = place.api.post(path(place, "secretstores"), a_store()).good()
    where = path(place, "secretstores", "one")
    worse: dict[str, Any] = {"spec": {"auth": {"secretRef": {}}}}

    for answer in (
        place.api.put(where, made | {"spec": made["spec"] | worse["spec"]}),
        place.api.patch(where, worse),
        place.api.apply(where, a_store(**worse["spec"]), force=True),
    ):
        assert MISPLACED in answer.refused(422, "Invalid")["message"]


def kubectl_shows_the_refusal_whether_or_not_it_validates(place: Place) -> None:
    for validate in ("strict", "false"):
        for more in ([], ["--server-side"]):
            assert MISPLACED in refused(place, "apply", f"--validate={validate}", *more, "-f", str(PUBLISHED))


def an_auth_in_its_place_is_accepted(place: Place) -> None:
    printed = kubectl(place, "apply", "-f", str(MANIFESTS / "examples" / "secretstore-sample.yaml"))

    assert printed == f"secretstore.{GROUP}/secretstore-sample created\n"


def every_example_applies(place: Place) -> None:
    assert len(EXAMPLES) >= 4
    for example in EXAMPLES:
        kubectl(place, "apply", "--validate=strict", "-f", str(example))
        kubectl(place, "apply", "--server-side", "--force-conflicts", "-f", str(example))


def reserved_session_tags_are_refused(place: Place) -> None:
    aws = AWS | {"customSessionTags": {"esoStoreName": "x"}}

    status = place.api.post(path(place, "secretstores"), a_store(provider={"aws": aws})).refused(422, "Invalid")

    assert "spec.provider.aws.customSessionTags: Invalid value" in status["message"]
    assert "the tags esoNamespace, esoStoreName, esoStoreKind are set by the operator" in status["message"]


def a_store_has_exactly_one_provider(place: Place) -> None:
    for provider in ({}, {"fake": {}, "aws": AWS}):
        answer = place.api.post(path(place, "secretstores"), a_store(provider=provider))

        assert "spec.provider" in answer.refused(422, "Invalid")["message"]


def a_store_of_another_provider_can_stay_as_it_is(place: Place) -> None:
    vault = {"server": "https://vault.example.com", "auth": {"tokenSecretRef": {"name": "t", "key": "k"}}}

    made = place.api.post(path(place, "secretstores"), a_store(provider={"vault": vault})).good()

    assert made["spec"]["provider"] == {"vault": vault}


def an_unknown_field_is_pruned_or_named_to_strict_clients(place: Place) -> None:
    body = an_external_secret(template={"data": {}})

    strict = place.api.post(path(place, "externalsecrets"), body, fieldValidation="Strict").refused(400, "BadRequest")
    made = place.api.post(path(place, "externalsecrets"), body).good()

    assert 'unknown field "spec.template"' in strict["message"]
    assert "template" not in made["spec"]


def an_interval_that_cannot_be_read_is_refused_in_words(place: Place) -> None:
    answer = place.api.post(path(place, "externalsecrets"), an_external_secret(refreshInterval="1d"))

    message = answer.refused(422, "Invalid")["message"]
    assert "spec.refreshInterval: Invalid value" in message
    assert "must be a duration with the units h, m and s such as 24h0m0s" in message


def get_shows_the_columns_people_know(place: Place) -> None:
    body = an_external_secret(refreshInterval="1h", secretStoreRef={"name": "aws", "kind": "SecretStore"})
    place.api.post(path(place, "externalsecrets"), body).good()
    place.api.post(path(place, "secretstores"), a_store()).good()
    ready = {"type": "Ready", "status": "True", "reason": "SecretSynced"}
    remote = {"source": "SecretStore/aws", "key": "db", "version": "id-1", "stage": "AWSCURRENT"}
    sync = {"freshUntil": "2026-06-01T12:00:00Z", "changeCause": "Poll", "changedKeys": ["a", "b"], "remotes": [remote]}
    told = {"status": {"conditions": [ready], "sync": sync}}
    place.api.patch(path(place, "externalsecrets", "one") + "/status", told).good()
    ready = {"type": "Ready", "status": "True", "reason": "Valid"}
    status = {"status": {"conditions": [ready], "capabilities": "ReadWrite"}}
    place.api.patch(path(place, "secretstores", "one") + "/status", status).good()

    head, row = kubectl(place, "get", "es").splitlines()
    wide = kubectl(place, "get", "es", "-o", "wide").splitlines()
    stores = columns(kubectl(place, "get", "ss"))

    known = ["NAME", "STORETYPE", "STORE", "REFRESH", "INTERVAL", "STATUS", "READY", "LAST", "SYNC"]
    assert head.split() == [*known, "LAST", "CHANGE"]
    assert row.split() == ["one", "SecretStore", "aws", "1h", "SecretSynced", "True"]
    assert wide[0].split() == [*head.split(), *["FRESH", "UNTIL", "CAUSE", "CHANGED", "KEYS", "VERSION"]]
    assert wide[1].split() == [*row.split(), "2026-06-01T12:00:00Z", "Poll", '["a","b"]', "id-1"]
    assert stores[0] == ["NAME", "AGE", "STATUS", "CAPABILITIES", "READY"]
    assert [*stores[1][:1], *stores[1][2:]] == ["one", "Valid", "ReadWrite", "True"]
    assert kubectl(place, "get", "css", "--ignore-not-found", "-l", "a=never") == ""


def external_secrets_can_be_selected_by_their_fields(place: Place) -> None:
    place.api.post(path(place, "externalsecrets"), an_external_secret("one", target={"name": "made"})).good()
    place.api.post(path(place, "externalsecrets"), an_external_secret("two")).good()

    printed = kubectl(place, "get", "es", "--field-selector=spec.target.name=made", "-o", "name")

    assert printed == f"externalsecret.{GROUP}/one\n"


def fields_are_explained(place: Place) -> None:
    printed = kubectl(place, "explain", "externalsecret.spec.target.creationPolicy")

    assert "Who may create the Secret, and who owns it." in printed
