from support.cases import lanes
from support.cases.cluster import CREDENTIALS


def a_case(name: str = "one", **fields: object) -> dict[str, object]:
    return {"name": name, **fields}


def a_store(auth: object, **aws: object) -> dict[str, object]:
    spec = {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1", "auth": auth} | aws}}
    return {"kind": "SecretStore", "metadata": {"name": "store"}, "spec": spec}


def static_keys(name: str) -> dict[str, object]:
    references = {"accessKeyIDSecretRef": {"name": name, "key": "id"}}
    return {"secretRef": references | {"secretAccessKeySecretRef": {"name": name, "key": "key"}}}


def a_cluster_store(name: str) -> dict[str, object]:
    return a_store(static_keys(CREDENTIALS)) | {"kind": "ClusterSecretStore", "metadata": {"name": name}}


def test_a_case_with_the_keys_of_the_case_may_run_beside_others() -> None:
    case = a_case(objects=[a_store(static_keys(CREDENTIALS))])

    assert lanes.split([case]) == ([], [case])


def test_a_case_with_keys_of_its_own_is_bound_to_the_default_account() -> None:
    case = a_case(objects=[a_store(static_keys("other"))])

    assert lanes.split([case]) == ([case], [])


def test_a_case_that_names_the_default_account_is_bound_to_it() -> None:
    role = "arn:aws:iam::123456789012:role/reader"
    case = a_case(steps=[{"apply": [a_store(static_keys(CREDENTIALS), role=role)]}])

    assert lanes.split([case]) == ([case], [])


def test_a_number_that_looks_like_the_account_binds_nothing() -> None:
    case = a_case(aws={"secrets": {"a": {"string": '{"big":123456789012345}'}}})

    assert lanes.split([case]) == ([], [case])


def test_cases_that_make_one_cluster_scoped_object_share_a_lane() -> None:
    first = a_case("first", objects=[a_cluster_store("shared")])
    second = a_case("second", steps=[{"apply": [a_cluster_store("shared")]}])
    third = a_case("third", objects=[a_cluster_store("own")])

    assert lanes.split([first, second, third]) == ([first, second], [third])
