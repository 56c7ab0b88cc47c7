import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esoctl.cli import main

ROOT = Path(__file__).resolve().parents[3]
PUBLISHED = ROOT / "tests" / "data" / "secretstore-sample-as-published.yaml"
GOOD = """
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: shop}
spec:
  secretStoreRef: {name: aws}
  data: [{secretKey: password, remoteRef: {key: app/db}}]
"""
BAD = GOOD.replace("secretStoreRef", "secretStoreReff")
NAMELESS = "no store is named; name a SecretStore or ClusterSecretStore"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"


def check(*arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)], input=given)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(BAD)
    return path


def test_all_is_well_in_silence(good: Path) -> None:
    result = check("-f", good)

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_the_store_of_the_article_as_published_is_refused_in_one_line() -> None:
    result = check("-f", PUBLISHED)

    assert result.exit_code == 1
    assert result.stdout == (
        f"{PUBLISHED}:SecretStore/secretstore-sample: spec.auth: "
        "auth belongs under spec.provider.aws, not under spec; move it there\n"
    )


def test_every_example_passes() -> None:
    result = check("-v", "-f", ROOT / "manifests" / "examples")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "objects checked: 5, problems: 0" in result.stderr


def test_a_line_is_file_object_path_problem_and_remedy(bad: Path) -> None:
    result = check("-f", bad)

    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"{bad}:ExternalSecret/shop: spec.secretStoreReff: unknown field; write secretStoreRef",
        f"{bad}:ExternalSecret/shop: spec.secretStoreRef.name: {NAMELESS}",
    ]


def test_files_may_follow_the_first_without_the_option(good: Path, bad: Path) -> None:
    result = check("-v", "-f", good, bad)

    assert result.exit_code == 1
    assert "objects checked: 2" in result.stderr


def test_a_folder_is_searched_to_the_bottom(tmp_path: Path) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "one.yml").write_text(BAD)
    (below / "notes.txt").write_text("{ not a manifest")

    result = check("-f", tmp_path)

    assert result.exit_code == 1
    assert result.stdout.startswith(f"{below / 'one.yml'}:ExternalSecret/shop: ")


def test_standard_input_is_a_dash() -> None:
    result = check("-f", "-", given=BAD)

    assert result.exit_code == 1
    assert result.stdout.startswith("-:ExternalSecret/shop: spec.secretStoreReff: ")


def test_all_documents_and_all_items_of_lists_are_checked() -> None:
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [json.loads(json.dumps(an_object(f"item-{n}"))) for n in (1, 2)],
    }

    result = check("-f", "-", given=f"---\n{BAD}\n---\n{json.dumps(listed)}\n---\n")

    names = {line.split(":")[1] for line in result.stdout.splitlines()}
    assert names == {"ExternalSecret/shop", "ExternalSecret/item-1", "ExternalSecret/item-2"}


def an_object(name: str) -> object:
    return {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": {"name": name}, "spec": {}}


def test_other_kinds_are_passed_over_and_mentioned_when_asked() -> None:
    quiet = check("-f", "-", given=f"{CONFIG_MAP}---\n{GOOD}")
    verbose = check("-v", "-f", "-", given=f"{CONFIG_MAP}---\n{GOOD}")

    assert (quiet.exit_code, quiet.output) == (0, "")
    assert verbose.exit_code == 0
    assert "-: ConfigMap/other is passed over" in verbose.stderr


def test_a_field_without_effect_is_a_warning_and_no_problem() -> None:
    manifest = GOOD.replace("{key: app/db}", "{key: app/db, conversionStrategy: Unicode}")
    assert manifest != GOOD

    result = check("-f", "-", given=manifest)

    assert (result.exit_code, result.stdout) == (0, "")
    assert "warning: -:ExternalSecret/" in result.stderr
    assert "spec.data[0].remoteRef.conversionStrategy has no effect: the key is the secretKey" in result.stderr


def test_nothing_to_check_is_told() -> None:
    result = check("-f", "-", given=CONFIG_MAP)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "esoctl: objects checked: 0, problems: 0\n"


def test_problems_come_as_json_for_machines(bad: Path) -> None:
    result = check("-o", "json", "-f", bad)

    assert result.exit_code == 1
    assert json.loads(result.stdout)[0] == {
        "file": str(bad),
        "kind": "ExternalSecret",
        "name": "shop",
        "path": "spec.secretStoreReff",
        "problem": "unknown field",
        "remedy": "write secretStoreRef",
    }


def test_no_problem_is_an_empty_json_list(good: Path) -> None:
    assert json.loads(check("-o", "json", "-f", good).stdout) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("a: [", "not YAML: ", id="broken"),
        pytest.param("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is given twice", id="duplicate"),
        pytest.param("just a text\n", "no Kubernetes object", id="scalar"),
        pytest.param("- 1\n", "no Kubernetes object", id="list"),
        pytest.param("a: \x00", "characters that YAML does not allow", id="binary"),
        pytest.param("[" * 5000, "nested too deeply", id="deep"),
        pytest.param("a: *nowhere", "undefined alias", id="alias"),
    ],
)
def test_what_is_no_yaml_of_objects_is_misuse(given: str, said: str) -> None:
    result = check("-f", "-", given=given)

    assert result.exit_code == 2
    assert said in result.stderr


def test_no_file_at_all_is_misuse() -> None:
    result = check()

    assert result.exit_code == 2
    assert "name at least one file" in result.stderr


def test_a_file_that_is_not_there_is_misuse_and_the_others_are_checked(bad: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.yaml"

    result = check("-f", gone, "-f", bad)

    assert result.exit_code == 2
    assert f"esoctl: {gone}: No such file or directory" in result.stderr
    assert "spec.secretStoreReff" in result.stdout


def test_a_folder_without_manifests_is_misuse(tmp_path: Path) -> None:
    result = check("-f", tmp_path)

    assert result.exit_code == 2
    assert "holds no file that ends in .yaml, .yml, .json" in result.stderr


def test_a_store_may_refer_to_the_namespace_it_will_live_in() -> None:
    store = """
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws}
spec:
  provider:
    aws:
      service: SecretsManager
      region: eu-west-1
      auth:
        secretRef:
          accessKeyIDSecretRef: {name: k, key: id, namespace: team-a}
          secretAccessKeySecretRef: {name: k, key: secret, namespace: team-a}
"""

    there = check("-n", "team-a", "-f", "-", given=store)
    elsewhere = check("-f", "-", given=store)

    assert there.exit_code == 0
    assert elsewhere.exit_code == 1
    assert "a SecretStore may only refer to its own namespace" in elsewhere.stdout


def test_no_value_is_ever_printed() -> None:
    canary = "hunter2-canary"
    given = f"""
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {{name: fake}}
spec:
  provider:
    fake:
      data:
        - {{key: a, value: {{x: {canary}}}}}
        - {{key: b, valeu: {canary}}}
        - {canary}
      validationResult: {canary}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {{name: es, annotations: {{a: [{canary}]}}}}
spec:
  refreshPolicy: {canary}
  secretStoreRef: {{name: fake, kind: {canary}}}
  target:
    template:
      data: {{a: "{canary} {{{{", b: "{{{{ if }}}} {canary}", c: [{canary}]}}
  data: {canary}
"""

    for output in ("text", "json"):
        result = check("-v", "-o", output, "-f", "-", given=given)

        assert result.exit_code == 1
        assert canary not in result.output


def test_a_line_break_in_a_name_stays_in_one_line() -> None:
    result = check("-f", "-", given=BAD.replace("name: shop", 'name: "a\\nb"'))

    assert all(line.startswith("-:ExternalSecret/a b: ") for line in result.stdout.splitlines())
