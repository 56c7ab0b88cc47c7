"""What the target is to become, policy by policy."""

import msgspec
import pytest

from esoctl.errors import OwnedByAnother, PolicyForbids, SpecError, TargetImmutable
from esoctl.model.conditions import Reason
from esoctl.model.external_secret import ExternalSecret
from esoctl.model.meta import Meta, OwnerRef
from esoctl.model.secret import Secret
from esoctl.model.values import Values
from esoctl.plan import hashing, secret
from esoctl.plan.assemble import Assembled
from esoctl.plan.observed import CREATED_BY_LABEL, DATA_HASH_ANNOTATION, MANAGED_LABEL
from esoctl.plan.render import Rendered
from esoctl.plan.secret import Apply, Leave, Remove, SecretPlan
from support.builders import ES_UID, TARGET_UID, a_target, an_external_secret, observed


def want(
    es: ExternalSecret,
    target: Secret | None = None,
    *,
    values: dict[str, bytes] | None = None,
    rendered: Rendered | None = None,
    proven: bool = True,
) -> SecretPlan:
    assert es.spec is not None
    data = Values({"password": b"new"} if values is None else values)
    return secret.want(observed(es, target), es.spec, Assembled(data, proven=proven), rendered or Rendered(data))


def written(plan: SecretPlan) -> Apply:
    assert isinstance(plan.write, Apply)
    return plan.write


def policies(creation: str = "Owner", deletion: str = "Retain", **more: object) -> ExternalSecret:
    return an_external_secret(target={"creationPolicy": creation, "deletionPolicy": deletion, **more})


def test_a_new_target_is_labelled_hashed_owned_and_bound() -> None:
    plan = want(policies())

    wanted = written(plan)
    assert wanted.data == {"password": b"new"}
    assert wanted.labels == {MANAGED_LABEL: "true", CREATED_BY_LABEL: hashing.owner_hash("team-a", "shop")}
    assert wanted.annotations == {DATA_HASH_ANNOTATION: hashing.data_hash({"password": b"new"})}
    assert wanted.owner == OwnerRef("external-secrets.io/v1", "ExternalSecret", "shop", ES_UID, True, True)
    assert (wanted.type, wanted.uid, wanted.immutable, plan.bound) == ("Opaque", "", False, True)
    assert (plan.reason, plan.message) == (Reason.SECRET_SYNCED, "secret synced")


@pytest.mark.parametrize("policy", ["Orphan", "CreateOrMerge"])
def test_only_owner_owns(policy: str) -> None:
    wanted = written(want(policies(policy)))

    assert wanted.owner is None
    assert CREATED_BY_LABEL not in wanted.labels


def test_nothing_is_written_when_nothing_would_change() -> None:
    assert want(policies(), a_target({"password": b"new"})).write == Leave()


def test_a_changed_value_is_written_over_the_very_object_that_was_seen() -> None:
    wanted = written(want(policies(), a_target({"password": b"old"})))

    assert wanted.uid == TARGET_UID
    assert not wanted.take_over


def test_foreign_keys_stay_and_are_part_of_the_hash() -> None:
    target = a_target({"password": b"old", "hand": b"made"}, owned=["password"])

    wanted = written(want(policies(), target))

    assert wanted.data == {"password": b"new"}
    assert wanted.annotations[DATA_HASH_ANNOTATION] == hashing.data_hash({"password": b"new", "hand": b"made"})


def test_a_key_of_ours_that_is_not_wanted_any_more_goes() -> None:
    target = a_target({"password": b"new", "user": b"ada"})

    wanted = written(want(policies(), target))

    assert wanted.annotations[DATA_HASH_ANNOTATION] == hashing.data_hash({"password": b"new"})


def test_what_the_reference_wrote_by_update_is_taken_over() -> None:
    assert written(want(policies(), a_target({"password": b"old"}, operation="Update"))).take_over


def test_an_unchanged_secret_of_the_reference_is_not_rewritten() -> None:
    assert want(policies(), a_target({"password": b"new"}, operation="Update")).write == Leave()


def test_a_label_of_ours_that_is_not_wanted_any_more_goes() -> None:
    target = a_target({"password": b"new"}, labels={"tier": "gold"})
    mine = msgspec.structs.replace(target.owned[0], labels=frozenset({"tier", MANAGED_LABEL, CREATED_BY_LABEL}))

    assert "tier" not in written(want(policies(), msgspec.structs.replace(target, owned=(mine,)))).labels


def test_the_type_that_is_there_is_kept_when_none_is_wanted() -> None:
    assert written(want(policies(), a_target(type="kubernetes.io/tls"))).type == "kubernetes.io/tls"


def test_policy_none_writes_nothing() -> None:
    plan = want(policies("None"))

    assert plan == SecretPlan(Leave(), Reason.SECRET_SYNCED, "secret synced", bound=False)


def test_merge_does_not_create() -> None:
    plan = want(policies("Merge"))

    assert plan == SecretPlan(Leave(), Reason.SECRET_MISSING, secret.NOT_CREATED, bound=False)


def test_merge_writes_into_what_is_there() -> None:
    target = a_target({"other": b"kept"}, owner=None, owned=[])

    assert written(want(policies("Merge"), target)).uid == TARGET_UID


def test_merge_does_not_own_what_somebody_else_put_there_with_the_same_value() -> None:
    target = a_target({"password": b"new", "user": b"theirs"}, owner=None, owned=[])

    wanted = written(want(policies("Merge"), target, values={"password": b"new", "user": b"ours"}))

    assert wanted.data == {"user": b"ours"}
    assert wanted.annotations[DATA_HASH_ANNOTATION] == hashing.data_hash({"password": b"new", "user": b"ours"})


class TestNoValues:
    """The provider has nothing."""

    def test_retain_keeps_the_secret_and_says_so(self) -> None:
        plan = want(policies(), a_target(), values={})

        assert (plan.write, plan.reason, plan.message) == (Leave(), Reason.SECRET_SYNCED, secret.RETAINED)

    def test_delete_removes_exactly_the_object_that_was_seen(self) -> None:
        plan = want(policies(deletion="Delete"), a_target(), values={})

        assert plan.write == Remove("shop", TARGET_UID, "20")
        assert (plan.reason, plan.bound) == (Reason.SECRET_DELETED, False)

    def test_delete_leaves_what_this_external_secret_does_not_control(self) -> None:
        plan = want(policies(deletion="Delete"), a_target(owner="another-uid"), values={})

        assert (plan.write, plan.reason) == (Leave(), Reason.SECRET_DELETED)

    def test_delete_does_not_take_an_empty_find_for_proof(self) -> None:
        plan = want(policies(deletion="Delete"), a_target(), values={}, proven=False)

        assert (plan.write, plan.message) == (Leave(), secret.UNPROVEN)

    def test_delete_without_a_secret_reports_deleted(self) -> None:
        assert want(policies(deletion="Delete"), None, values={}).reason is Reason.SECRET_DELETED

    @pytest.mark.parametrize("creation", ["Orphan", "Merge", "CreateOrMerge", "None"])
    def test_delete_needs_owner(self, creation: str) -> None:
        with pytest.raises(
            PolicyForbids, match=f"unable to delete secret shop: creationPolicy={creation} is not Owner"
        ):
            want(policies(creation, "Delete"), a_target(), values={})

    def test_merge_takes_its_keys_away(self) -> None:
        wanted = written(want(policies(deletion="Merge"), a_target(), values={}))

        assert wanted.data == {}
        assert wanted.annotations[DATA_HASH_ANNOTATION] == hashing.data_hash({})


class TestOwnership:
    """Targets that somebody else controls."""

    @pytest.mark.parametrize("policy", ["Owner", "Orphan", "Merge", "CreateOrMerge"])
    def test_another_external_secret_keeps_its_secret_under_every_policy(self, policy: str) -> None:
        target = a_target(owner="another-uid", owner_name="warehouse")

        with pytest.raises(OwnedByAnother, match="secret is owned by another ExternalSecret: warehouse") as caught:
            want(policies(policy), target)
        assert caught.value.by_external_secret

    def test_a_namesake_that_was_deleted_does_not_block(self) -> None:
        assert written(want(policies(), a_target(owner="an-earlier-uid"))).owner is not None

    @pytest.mark.parametrize(
        ("policy", "refused"), [("Owner", True), ("Orphan", True), ("Merge", False), ("CreateOrMerge", False)]
    )
    def test_another_controller_is_respected_where_the_whole_secret_would_be_ours(
        self, policy: str, refused: bool
    ) -> None:
        widget = OwnerRef("example.org/v1", "Widget", "w1", "widget-uid", True, False)
        target = a_target(owner=None)
        target = msgspec.structs.replace(
            target, metadata=msgspec.structs.replace(target.metadata, owner_references=[widget])
        )

        if refused:
            with pytest.raises(OwnedByAnother, match="already owned by another Widget controller w1") as caught:
                want(policies(policy), target)
            assert not caught.value.by_external_secret
        else:
            assert written(want(policies(policy), target)).uid == TARGET_UID

    def test_leaving_owner_gives_the_reference_up(self) -> None:
        wanted = written(want(policies("Orphan"), a_target({"password": b"new"})))

        assert wanted.owner is None


class TestImmutable:
    """Secrets that cannot change."""

    def test_changed_data_is_an_error_and_nothing_is_written(self) -> None:
        with pytest.raises(TargetImmutable, match="unable to update secret shop: secret is immutable"):
            want(policies(), a_target(immutable=True))

    def test_labels_still_follow(self) -> None:
        target = a_target({"password": b"new"}, immutable=True)
        rendered = Rendered(Values({"password": b"new"}), labels={"v": "two"})

        wanted = written(want(policies(), target, rendered=rendered))

        assert wanted.immutable
        assert wanted.labels["v"] == "two"

    def test_dropping_the_field_does_not_thaw(self) -> None:
        assert want(policies(), a_target({"password": b"new"}, immutable=True)).write == Leave()

    def test_the_field_freezes_what_is_written(self) -> None:
        assert written(want(policies(immutable=True), a_target({"password": b"new"}))).immutable


@pytest.mark.parametrize("type_", ["kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"])
def test_types_that_grant_rights_are_refused(type_: str) -> None:
    with pytest.raises(SpecError, match="is not allowed"):
        want(policies(), rendered=Rendered(Values({"a": b"b"}), type=type_))


def test_bookkeeping_cannot_be_faked_by_a_template() -> None:
    rendered = Rendered(
        Values({"a": b"b"}),
        labels={MANAGED_LABEL: "false", CREATED_BY_LABEL: "x"},
        annotations={DATA_HASH_ANNOTATION: "x"},
    )

    wanted = written(want(policies("Orphan"), rendered=rendered))

    assert wanted.labels == {MANAGED_LABEL: "true"}
    assert wanted.annotations == {DATA_HASH_ANNOTATION: hashing.data_hash({"a": b"b"})}


@pytest.mark.parametrize(
    ("creation", "deletion", "exists", "values", "needed"),
    [
        pytest.param("Owner", "Retain", False, True, True, id="a new secret"),
        pytest.param("None", "Retain", True, True, False, id="none"),
        pytest.param("Merge", "Retain", False, True, False, id="merge without a target"),
        pytest.param("Merge", "Retain", True, True, True, id="merge"),
        pytest.param("Owner", "Retain", True, False, False, id="nothing to write"),
        pytest.param("Owner", "Merge", True, False, True, id="keys to take away"),
    ],
)
def test_templates_are_rendered_only_for_a_write(
    creation: str, deletion: str, exists: bool, values: bool, needed: bool
) -> None:
    es = policies(creation, deletion)
    assert es.spec is not None
    assembled = Assembled(Values({"a": b"b"} if values else {}))

    assert secret.needs_rendering(observed(es, a_target() if exists else None), es.spec, assembled) is needed


def test_orphans_are_ours_by_label_and_by_owner_reference() -> None:
    def labelled(name: str, uid: str) -> Meta:
        return Meta(
            name, "team-a", owner_references=[OwnerRef("external-secrets.io/v1", "ExternalSecret", "shop", uid, True)]
        )

    found = secret.orphans(
        observed(an_external_secret()),
        [labelled("old", ES_UID), labelled("hand-made", "other"), labelled("shop", ES_UID)],
        "shop",
    )

    assert [meta.name for meta in found] == ["old"]


def test_missing_entries_are_told_with_their_true_place() -> None:
    told = secret.missing_notes([("spec.data[1]", "moon"), ("spec.dataFrom[0]", "sun")])

    assert told == [
        "secret does not exist at provider using spec.data[1] (key=moon)",
        "secret does not exist at provider using spec.dataFrom[0]",
    ]


def test_planning_again_after_applying_writes_nothing() -> None:
    es = policies()
    first = written(want(es))
    applied = a_target(dict(first.data), labels=first.labels, annotations=first.annotations)

    assert want(es, applied).write == Leave()


def test_more_than_a_secret_can_hold_is_refused_before_it_is_written() -> None:
    size = secret.LARGEST // 2

    with pytest.raises(SpecError, match=r"the values of secret shop have 1048577 bytes"):
        want(policies(), values={"a": b"x" * size, "b": b"y" * (size + 1)})


def test_what_others_put_into_a_secret_counts_for_its_size() -> None:
    target = a_target({"theirs": b"x" * secret.LARGEST}, owned=())

    with pytest.raises(SpecError, match="bytes"):
        want(policies(), target)
