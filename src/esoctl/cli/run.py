"""``esoctl run``: the operator as one process that logs to standard error.

Exit codes: 0 stopped as asked; 1 could not start, could not go on, or lost the Lease; 2 an option is not understood;
143 and 130 ended at once by a second SIGTERM or SIGINT (``stopping``).
"""

import os
import re
import sys
from collections.abc import Iterator

import anyio
import click
import structlog

from esoctl import log, stopping
from esoctl.cli.durations import Duration
from esoctl.config import AWS_ENDPOINTS, Config, Election
from esoctl.errors import EsoctlError
from esoctl.kube.election import Timings
from esoctl.log import Format

EXIT_FAILED = 1
DURATION = Duration()
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


@click.command(context_settings={"auto_envvar_prefix": "ESOCTL", "show_default": True})
@click.option(
    "--kubeconfig", default="", help="Kubeconfig file; without it KUBECONFIG, the default file, or the cluster."
)
@click.option("--context", default="", help="Context of the kubeconfig.")
@click.option(
    "--namespaces",
    "--namespace",
    multiple=True,
    envvar=["ESOCTL_NAMESPACES", "ESOCTL_NAMESPACE"],
    metavar="A,B",
    help="Serve these namespaces only; may be given again.",
)
@click.option("--controller-class", default="default", help="Serve stores that name this class, or none.")
@click.option("--workers", "--concurrent", default=48, type=click.IntRange(1, 1000), help="Reconciles at a time.")
@click.option("--metrics-addr", default=":8080", help="HOST:PORT of /metrics; empty serves none.")
@click.option("--metrics-cert-dir", default="", help="Folder with tls.crt and tls.key: metrics by TLS.")
@click.option("--metrics-auth", is_flag=True, help="Ask for a bearer token whose owner may get /metrics.")
@click.option(
    "--enable-extended-metric-labels", is_flag=True, help="Labels app.kubernetes.io/... of objects on series."
)
@click.option("--health-addr", "--live-addr", default=":8082", help="HOST:PORT of /healthz, /livez and /readyz.")
@click.option(
    "--log-format",
    type=click.Choice([style.value for style in Format]),
    default=None,
    help="json or console; by the terminal if unset.",
)
@click.option("--log-level", "--loglevel", type=click.Choice(list(log.LEVELS)), default="info")
@click.option("--audit-log", default="", metavar="PATH|-", help="Append a line of JSON for every write of a target.")
@click.option(
    "--store-requeue-interval", default="5m", type=DURATION, help="Between checks of a store that sets no interval."
)
@click.option(
    "--absence-period",
    default="60s",
    type=DURATION,
    help="How long a remote secret must be missing before anything is removed for it.",
)
@click.option("--unsafe-allow-generic-targets", is_flag=True, help="Serve targets that are no Secrets.")
@click.option("--batching/--no-batching", default=True, help="Read several AWS secrets with one call.")
@click.option(
    "--aws-share-seconds",
    default="10s",
    type=DURATION,
    help="Syncs that are merely due share AWS's answers for so long; 0 is off.",
)
@click.option("--aws-session-tags", is_flag=True, help="Tag the sessions of AWS roles with whom they are for.")
@click.option("--cluster-name", default="", help="What the tags call this cluster.")
@click.option("--enable-leader-election", is_flag=True, help="Several replicas, of which one works at a time.")
@click.option("--leader-election-id", default="esoctl", help="Name of the Lease; one for each installation.")
@click.option("--leader-election-namespace", default="", help="Where the Lease is; the pod's own if unset.")
@click.option("--leader-election-lease-duration", default="15s", type=DURATION, help="Others wait this long.")
@click.option("--leader-election-renew-deadline", default="10s", type=DURATION, help="The leader gives up after this.")
@click.option("--leader-election-retry-period", default="2s", type=DURATION, help="Between two tries.")
@click.option("--template-left-delimiter", default="{{")
@click.option("--template-right-delimiter", default="}}")
def command(
    log_format: str | None, store_requeue_interval: float, namespaces: tuple[str, ...], **options: str | float | bool
) -> None:
    """Run the operator until it is told to stop (SIGTERM or SIGINT)."""
    config = _config(log_format, store_requeue_interval, _served(namespaces), options)
    stopping.leave_at_a_signal()
    listener = log.set_up(config.log_level, config.log_format)
    try:
        from esoctl.app import run  # noqa: PLC0415  the machines take half a second to import; help must not wait for them

        anyio.run(run, config)
    except Exception as error:  # noqa: BLE001  the end of the process: what went wrong is told, without values
        for problem in _problems(error):
            click.echo(f"esoctl: {problem}", err=True)
        sys.exit(EXIT_FAILED)
    finally:
        listener.stop()


def _problems(error: Exception) -> Iterator[str]:
    """What to tell of the end: one sentence for each thing that is wrong; of a fault of our own, where it is."""
    if isinstance(error, ExceptionGroup):
        for member in error.exceptions:
            yield from _problems(member)
    elif isinstance(error, EsoctlError):
        yield str(error)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        yield f"{place}{error.strerror or type(error).__name__}"
    else:
        structlog.get_logger("esoctl").critical("crashed", exc_info=error)
        yield f"crashed by a fault of its own ({type(error).__name__}); the log tells where"


def _config(
    log_format: str | None, requeue: float, served: tuple[str, ...], options: dict[str, str | float | bool]
) -> Config:
    left, right = str(options["template_left_delimiter"]), str(options["template_right_delimiter"])
    return Config(
        kubeconfig=str(options["kubeconfig"]),
        context=str(options["context"]),
        namespaces=served,
        controller_class=str(options["controller_class"]),
        workers=int(options["workers"]),
        metrics_addr=str(options["metrics_addr"]),
        metrics_cert_dir=str(options["metrics_cert_dir"]),
        metrics_auth=bool(options["metrics_auth"]),
        extended_labels=bool(options["enable_extended_metric_labels"]),
        health_addr=str(options["health_addr"]),
        log_format=Format(log_format) if log_format else _fitting_format(),
        log_level=str(options["log_level"]),
        audit_log=str(options["audit_log"]),
        store_requeue_seconds=requeue,
        absence_seconds=float(options["absence_period"]),
        generic_targets=bool(options["unsafe_allow_generic_targets"]),
        batching=bool(options["batching"]),
        share_seconds=float(options["aws_share_seconds"]),
        session_tags=bool(options["aws_session_tags"]),
        cluster_name=_cluster_name(options),
        delimiters=(left, right),
        election=_election(options),
        crash_at=_crash_at(os.environ.get("ESOCTL_CRASH_AT", "")),
        endpoints={name: os.environ[name] for name in AWS_ENDPOINTS if os.environ.get(name)},
    )


def _served(given: tuple[str, ...]) -> tuple[str, ...]:
    """Each namespace once, however they were separated."""
    found = tuple(dict.fromkeys(name.strip() for text in given for name in text.split(",") if name.strip()))
    if wrong := [name for name in found if not NAMESPACE.fullmatch(name)]:
        raise click.UsageError(f"--namespaces: {wrong[0]!r} cannot be the name of a namespace")
    return found


def _fitting_format() -> Format:
    """For people only where one is sure to look: a Pod has collectors, even when it was given a terminal."""
    return Format.CONSOLE if sys.stderr.isatty() and "KUBERNETES_SERVICE_HOST" not in os.environ else Format.JSON


def _crash_at(text: str) -> str:
    """A crash point, as it was given; refused here, before anything is touched, when it is none."""
    if text:
        from esoctl import crashing  # noqa: PLC0415  only who tests restarts waits for it

        try:
            crashing.parse(text)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    return text


def _cluster_name(options: dict[str, str | float | bool]) -> str:
    name = str(options["cluster_name"])
    if options["aws_session_tags"] and not name:
        raise click.UsageError("--aws-session-tags needs --cluster-name, which the tags will hold")
    return name


def _election(options: dict[str, str | float | bool]) -> Election | None:
    if not options["enable_leader_election"]:
        return None
    prefix = "leader_election_"
    found = Election(
        name=str(options[f"{prefix}id"]),
        namespace=str(options[f"{prefix}namespace"]),
        lease_seconds=float(options[f"{prefix}lease_duration"]),
        renew_seconds=float(options[f"{prefix}renew_deadline"]),
        retry_seconds=float(options[f"{prefix}retry_period"]),
    )
    if problem := Timings(found.lease_seconds, found.renew_seconds, found.retry_seconds).problem:
        raise click.UsageError(f"leader election: {problem}")
    return found
