"""Options, environment variables and their defaults become the settings of the operator."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from esoctl.cli import main, run
from esoctl.config import Config, Election
from esoctl.errors import LeaseLost
from esoctl.log import Format
from support.logs import as_before

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: none
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
users: [{name: none, user: {token: none}}]
"""


@pytest.fixture(autouse=True)
def own_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings of this machine, and signals and logging as they were."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for name in ("KUBECONFIG", "AWS_SECRETSMANAGER_ENDPOINT", "AWS_SSM_ENDPOINT", "AWS_STS_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with as_before():
        yield


def configured(*arguments: str) -> Config:
    params: dict[str, Any] = run.command.make_context("run", list(arguments)).params
    served = run._served(params.pop("namespaces"))
    return run._config(params.pop("log_format"), params.pop("store_requeue_interval"), served, params)


def test_without_options_the_settings_are_the_defaults() -> None:
    assert configured() == Config()


@pytest.mark.parametrize(
    ("arguments", "field", "value"),
    [
        (["--kubeconfig", "/a/b"], "kubeconfig", "/a/b"),
        (["--context", "c"], "context", "c"),
        (["--namespace", "team-a"], "namespaces", ("team-a",)),
        (["--namespaces", "team-a, team-b,team-a", "--namespace=team-c"], "namespaces", ("team-a", "team-b", "team-c")),
        (["--controller-class", "x"], "controller_class", "x"),
        (["--workers", "4"], "workers", 4),
        (["--concurrent", "4"], "workers", 4),
        (["--metrics-addr", ""], "metrics_addr", ""),
        (["--metrics-cert-dir", "/tls"], "metrics_cert_dir", "/tls"),
        (["--metrics-auth"], "metrics_auth", True),
        (["--enable-extended-metric-labels"], "extended_labels", True),
        (["--health-addr", "127.0.0.1:1"], "health_addr", "127.0.0.1:1"),
        (["--live-addr", "127.0.0.1:1"], "health_addr", "127.0.0.1:1"),
        (["--log-format", "console"], "log_format", Format.CONSOLE),
        (["--log-level", "debug"], "log_level", "debug"),
        (["--audit-log", "-"], "audit_log", "-"),
        (["--loglevel", "error"], "log_level", "error"),
        (["--store-requeue-interval", "60"], "store_requeue_seconds", 60.0),
        (["--store-requeue-interval", "10m"], "store_requeue_seconds", 600.0),
        (["--absence-period", "2m"], "absence_seconds", 120.0),
        (["--no-batching"], "batching", False),
        (["--cluster-name", "prod-1"], "cluster_name", "prod-1"),
        (["--template-left-delimiter", "<<", "--template-right-delimiter", ">>"], "delimiters", ("<<", ">>")),
    ],
)
def test_each_option_sets_its_field_and_no_other(arguments: list[str], field: str, value: object) -> None:
    found = configured(*arguments)

    defaults = Config()
    changed = {name for name in Config.__dataclass_fields__ if getattr(found, name) != getattr(defaults, name)}
    assert getattr(found, field) == value
    assert changed == {field}


@pytest.mark.parametrize(
    ("terminal", "pod", "style"),
    [
        pytest.param(True, False, Format.CONSOLE, id="a terminal"),
        pytest.param(False, False, Format.JSON, id="a pipe"),
        pytest.param(True, True, Format.JSON, id="a pod with a terminal"),
        pytest.param(False, True, Format.JSON, id="a pod"),
    ],
)
def test_the_log_is_for_people_on_a_terminal_and_for_machines_elsewhere(
    terminal: bool, pod: bool, style: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    if pod:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")

    assert configured().log_format is style


def test_an_election_is_held_when_asked_for_by_the_references_options() -> None:
    times = ("--leader-election-lease-duration", "1m", "--leader-election-renew-deadline", "40s")
    found = configured("--enable-leader-election", "--leader-election-id", "mine", *times)

    assert found.election == Election("mine", "", 60.0, 40.0, 2.0)


def test_an_election_that_cannot_work_is_refused() -> None:
    with pytest.raises(click.UsageError, match="must last longer than the renew deadline"):
        configured("--enable-leader-election", "--leader-election-lease-duration", "5")


@pytest.mark.parametrize("text", ["soon", "5x", ""])
def test_a_time_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="duration"):
        configured("--leader-election-retry-period", text)


def test_sessions_of_roles_are_tagged_when_asked_for() -> None:
    found = configured("--aws-session-tags", "--cluster-name", "prod-1")

    assert (found.session_tags, found.cluster_name) == (True, "prod-1")


def test_tags_without_the_name_of_the_cluster_are_refused() -> None:
    with pytest.raises(click.UsageError, match="--aws-session-tags needs --cluster-name"):
        configured("--aws-session-tags")


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("ESOCTL_WORKERS", "7", "workers", 7),
        ("ESOCTL_NAMESPACE", "team-a", "namespaces", ("team-a",)),
        ("ESOCTL_NAMESPACES", "team-a,team-b", "namespaces", ("team-a", "team-b")),
        ("ESOCTL_BATCHING", "false", "batching", False),
    ],
)
def test_environment_variables_set_options(
    name: str, text: str, field: str, value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)

    assert getattr(configured(), field) == value


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESOCTL_WORKERS", "7")

    assert configured("--workers", "3").workers == 3


def test_a_crash_point_is_passed_on_as_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESOCTL_CRASH_AT", "7:sent:term")

    assert configured().crash_at == "7:sent:term"


@pytest.mark.parametrize(
    "text", ["7", "0:sent", "-1:sent", "7:later", "7:sent:kill", "7:sent:", "sent:7", " 7:sent", "7:sent\n"]
)
def test_a_crash_point_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESOCTL_CRASH_AT", text)

    with pytest.raises(
        click.UsageError, match=r"ESOCTL_CRASH_AT=.* is not understood: it is <n>:<before\|sent\|after>"
    ):
        configured()


def test_the_endpoints_of_aws_come_from_the_references_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SSM_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_STS_ENDPOINT", "")

    assert configured().endpoints == {"AWS_SSM_ENDPOINT": "http://127.0.0.1:1"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--workers", "0"],
        ["--workers", "x"],
        ["--log-level", "loud"],
        ["--log-format", "xml"],
        ["--namespaces=Team_A"],
        ["--none"],
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str]) -> None:
    with pytest.raises(click.UsageError):
        configured(*arguments)


@pytest.mark.parametrize(
    "election", [[], ["--enable-leader-election", "--leader-election-namespace", "esoctl"]], ids=["alone", "election"]
)
def test_a_cluster_that_cannot_be_found_is_one_sentence_and_exit_code_1(tmp_path: Path, election: list[str]) -> None:
    arguments = ["run", "--kubeconfig", str(tmp_path / "none"), "--log-format", "json", *election]
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 1
    (told,) = [line for line in result.stderr.splitlines() if line.startswith("esoctl: ")]
    assert str(tmp_path / "none") in told
    assert "Traceback" not in result.stderr
    for line in result.stderr.splitlines():
        assert line == told or json.loads(line)["level"]


PROBLEMS = [
    pytest.param(OSError(98, "address already in use"), "address already in use", id="operating system"),
    pytest.param(LeaseLost("esoctl"), "the lease esoctl was lost", id="lease"),
    pytest.param(ExceptionGroup("g", [ExceptionGroup("g", [LeaseLost("esoctl")])]), "the lease", id="in a group"),
    pytest.param(ValueError("hunter2"), "crashed by a fault of its own (ValueError)", id="fault"),
    pytest.param(ExceptionGroup("hunter2", [KeyError("hunter2")]), "(KeyError)", id="fault in a group"),
]


@pytest.mark.parametrize(("error", "words"), PROBLEMS)
@pytest.mark.parametrize("style", ["json", "console"])
def test_sec_08_an_end_that_was_not_asked_for_is_one_sentence_without_values_and_exit_code_1(
    error: Exception, words: str, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ends(_: Config) -> None:
        raise error

    monkeypatch.setattr("esoctl.app.run", ends)
    result = CliRunner().invoke(main, ["run", "--log-level", "debug", "--log-format", style])

    told = [line for line in result.stderr.splitlines() if line.startswith("esoctl: ")]
    assert result.exit_code == 1
    assert len(told) == 1
    assert words in told[0]
    assert "hunter2" not in result.output


def test_an_audit_log_that_cannot_be_written_is_told_at_the_start_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(KUBECONFIG)
    place = str(tmp_path / "no" / "audit")
    result = CliRunner().invoke(main, ["run", "--kubeconfig", str(config), "--audit-log", place])

    assert result.exit_code == 1
    assert f"esoctl: {place}: No such file or directory" in result.stderr.splitlines()


def test_a_certificate_that_is_not_there_is_told_at_the_start_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text(KUBECONFIG)
    result = CliRunner().invoke(main, ["run", "--kubeconfig", str(config), "--metrics-cert-dir", str(tmp_path)])

    assert result.exit_code == 1
    (told,) = [line for line in result.stderr.splitlines() if line.startswith("esoctl: ")]
    assert told.startswith(f"esoctl: no usable certificate in {tmp_path}: No such file or directory")


def test_the_help_names_every_option() -> None:
    text = CliRunner().invoke(main, ["run", "--help"]).output

    for option in run.command.params:
        assert option.opts[0] in text


def test_every_command_is_listed_and_loads() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    context = click.Context(main)

    for name in main.list_commands(context):
        assert name in listed
        assert isinstance(main.get_command(context, name), click.Command)
    assert main.get_command(context, "none") is None
    assert CliRunner().invoke(main, ["none"]).exit_code == 2
