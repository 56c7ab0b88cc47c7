"""Whatever a manifest says and whatever a provider answers, the rules end in a plan or in an error of esoctl.

How many examples: ``support.amounts``; how to replay one: docs/notes/bad-input.md.
"""

import contextlib
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from esoctl.checking import texts as template_texts
from esoctl.errors import EsoctlError, GeneratorInvalid, SpecError, StoreError, Unavailable
from esoctl.generators.making import make
from esoctl.model import external_secret, generators, store
from esoctl.model.external_secret import ExternalSecret, ExternalSecretSpec
from esoctl.model.keys import Kind
from esoctl.model.remote import Quirks
from esoctl.model.values import Payload
from esoctl.plan import (
    access,
    assemble,
    generic,
    manifest,
    naming,
    refresh,
    render,
    secret,
    shaping,
    sources,
    unused,
    validate,
    verdict,
)
from esoctl.plan.assemble import Kitchen
from esoctl.plan.observed import Observed
from esoctl.plan.secret import Apply
from esoctl.plan.sources import Answer, Failed, Found, Get, Make, Missing, Request, Scan
from esoctl.providers.aws.session import Session
from esoctl.providers.registry import providers
from esoctl.reconcile.stores import unused as unused_of_store
from esoctl.reconcile.stores import validate_store
from esoctl.template.engine import Env, Limits
from support import amounts, builders, specs
from support.in_process import SECRETS, Client
from support.spec_pools import MARK, RARE, VAULT

LIMITS = Limits(steps=20_000, memory=4 << 20, heavy=0)
TEXTS = {
    "greeting": b"hello {{ .password }}",
    "mapping": b"a: {{ .password | toJson }}",
    "bad": b"{{",
    "hostile": b"\xff\x00{{ fail .password }}",
}


def decoded(spec: Any) -> ExternalSecret:
    metadata = {"name": "shop", "namespace": "default", "uid": builders.ES_UID, "generation": 1}
    return external_secret.decode(json.dumps({"metadata": metadata, "spec": spec}).encode())


def env() -> Env:
    return Env(now=builders.NOON, entropy=lambda size: (bytes(range(256)) * (size // 256 + 1))[:size], limits=LIMITS)


def answer(request: Request, vault: Mapping[str, bytes]) -> Answer:
    """What a provider that holds those values would say."""
    match request:
        case Get(_, remote) if remote.key == "failing":
            return Failed(Unavailable("AWS", "Get", "no answer"))
        case Get(_, remote):
            return Payload(vault[remote.key]) if remote.key in vault else Missing()
        case Scan():
            return Found(tuple((name, Payload(value)) for name, value in vault.items() if name not in RARE))
        case Make():
            return Found((("password", Payload(MARK.encode())), ("a/b", Payload(b"\0"))))


def planned(es: ExternalSecret, vault: Mapping[str, bytes], quirks: Quirks) -> Apply | None:
    """What a reconcile would write, by the same steps in the same order; None when it would write no Secret."""
    if es.spec is None:
        raise validate.unfit(es.unfit, "spec")
    spec, observed, cook = es.spec, Observed(es, builders.NOON), env()
    validate.sync_windows(spec)
    generic.admit(spec, allowed=True)
    wanted: list[Request] = [*sources.sources("default", spec), *sources.makes("default", spec)]
    answers = {request: answer(request, vault) for request in wanted}
    kitchen = Kitchen(
        answers,
        lambda template, key: render.key(template, key, cook),
        dict.fromkeys(sources.store_refs("default", spec), quirks),
    )
    assembled = assemble.assemble("default", spec, kitchen)
    template = spec.target.template
    texts = dict.fromkeys(render.needed(template), TEXTS)
    chosen = generic.chosen(spec)
    if chosen is not None:
        frame = generic.frame(observed, spec, chosen)
        shape = shaping.shape(es.metadata, template, frame, assembled.values, (texts, cook))
        generic.want(observed, spec, assembled, shape)
        return None
    rendered = render.Rendered()
    if secret.needs_rendering(observed, spec, assembled):
        rendered = render.render(es.metadata, template, assembled.values, texts, cook)
    plan = secret.want(observed, spec, assembled, rendered)
    if not isinstance(plan.write, Apply):
        return None
    naming.require_legal(plan.write.data)
    return plan.write


def outcome(es: ExternalSecret, vault: Mapping[str, bytes], quirks: Quirks) -> tuple[str, bytes]:
    """The text of the error or the body of the write, of which one is empty; any other exception is a bug."""
    try:
        plan = planned(es, vault, quirks)
    except EsoctlError as error:
        told = [verdict.verdict(stage, error) for stage in verdict.Stage]
        return "\n".join(str(text) for ruling in told for text in (ruling.message, ruling.event)) or "again", b""
    return "", manifest.body(plan, "default") if plan else b""


def admitted(body: bytes) -> None:
    """The API server takes the Secret, or refuses it for another reason than its keys and its size."""
    client = Client()
    name = json.loads(body)["metadata"]["name"]
    status, answer = client.apply(f"{SECRETS}/{name}", body)
    causes = answer.get("details", {}).get("causes", []) if status >= 400 else []
    ours = [cause for cause in causes if cause["reason"] == "FieldValueTooLong" or "config key" in cause["message"]]
    assert status < 500, answer
    assert ours == []


@amounts.examples(67)
@given(
    spec=specs.external_secrets(), vault=specs.vaults(), quirks=st.sampled_from((Quirks(), Quirks(True, False, True)))
)
def test_any_spec_ends_in_a_plan_or_an_error_that_tells_no_value(
    spec: Any, vault: dict[str, bytes], quirks: Quirks
) -> None:
    es = decoded(spec)

    held = {**VAULT, **{key: bytes(value) for key, value in vault.items()}}

    text, body = outcome(es, held, quirks)

    assert specs.leaks(text) == []
    assert outcome(es, held, quirks) == (text, body)
    if body:
        admitted(body)


def judged(spec: ExternalSecretSpec, es: ExternalSecret) -> str:
    """All that is said of a spec by itself, and when it would be looked at again."""
    problems = [*validate.external_secret("default", spec), *template_texts.problems(spec)]
    statuses = (
        {},
        builders.synced(es),
        builders.synced(es, "2262-01-01T00:00:00Z"),
        builders.synced(es, "0001-01-01T00:00:00Z"),
    )
    decisions = []
    for status in statuses:
        seen = ExternalSecret(es.metadata, spec, decoded_status(status))
        decisions += [
            refresh.decide(Observed(seen, builders.NOON + later, stale=stale), spec)
            for later in (timedelta(0), timedelta(hours=1), timedelta(days=3650))
            for stale in (False, True)
        ]
    return repr((problems, unused.external_secret(spec), decisions))


def decoded_status(status: Mapping[str, Any]) -> external_secret.ExternalSecretStatus:
    body = {"metadata": {"name": "shop"}, "status": dict(status)}
    return external_secret.decode(json.dumps(body).encode()).status


@amounts.examples(10)
@given(spec=specs.external_secrets())
def test_any_spec_is_judged_and_scheduled(spec: Any) -> None:
    es = decoded(spec)

    if es.spec is None:
        assert str(validate.unfit(es.unfit, "spec"))
    else:
        assert judged(es.spec, es) == judged(es.spec, es)


KNOWN = providers(Session())


@amounts.examples(10)
@given(spec=st.one_of(specs.stores(), specs.stores("ClusterSecretStore")), cluster=st.booleans())
def test_any_store_is_served_or_says_what_is_wrong(spec: Any, cluster: bool) -> None:
    metadata = {"name": "aws", "namespace": "" if cluster else "default"}
    found = store.decode(json.dumps({"metadata": metadata, "spec": spec}).encode())

    def said() -> str:
        try:
            _, backend = validate_store(found, KNOWN)
        except SpecError as error:
            return str(error)
        assert found.spec is not None
        seconds = store.interval_seconds(found.spec, 300.0)
        assert seconds > 0
        assert builders.NOON + timedelta(seconds=seconds)
        return repr((backend, unused_of_store(found)))

    assert said() == said()
    assert specs.leaks(said()) == []
    with contextlib.suppress(StoreError):
        access.admit(found, "team-a", {"app": "a"})


@amounts.examples(5)
@given(data=st.data(), kind=st.sampled_from((Kind.FAKE, Kind.PASSWORD, Kind.UUID, Kind.CLUSTER_GENERATOR)))
def test_any_generator_makes_values_or_says_what_is_wrong(data: st.DataObject, kind: Kind) -> None:
    spec = data.draw(specs.generators(kind))
    raw = json.dumps({"metadata": {"name": "any"}, "spec": spec}).encode()

    def made() -> object:
        try:
            return make(generators.decode(kind, raw), env().entropy)
        except GeneratorInvalid as error:
            return str(error)

    assert made() == made()
