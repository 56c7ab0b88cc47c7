"""The composition root: opens every connection, builds the operator on them, and holds no rule.

Lifetimes nest, outermost first: connection to the API server, AWS session, client pool, and then the machines of
``operating``: probes, informers, workers. A stop takes them down in the opposite order.
"""

import gc
import os
import socket
from contextlib import AsyncExitStack
from functools import partial
from uuid import uuid4

import aiohttp
import structlog

from esoctl import audit, crashing, stalls, stopping
from esoctl.audit import AuditLog
from esoctl.clock import Clock, SystemClock
from esoctl.config import Config, Election
from esoctl.errors import LeaseLost
from esoctl.kube.api import Api
from esoctl.kube.campaign import Alone, Candidacy, Lead, campaigning
from esoctl.kube.connect import connect, pod_namespace
from esoctl.kube.election import Timings
from esoctl.kube.transport import Options, Transport
from esoctl.metrics import Metrics
from esoctl.operating import Operator, Surroundings
from esoctl.providers.aws import ambient
from esoctl.providers.aws.endpoints import from_environment
from esoctl.providers.aws.session import Session, Settings
from esoctl.providers.aws.tags import Tagging
from esoctl.providers.pool import ClientPool
from esoctl.providers.registry import providers
from esoctl.reconcile import visits
from esoctl.reconcile.visits import Act

CREDENTIALS_HELP = "Until the keys of an AWS identity end; they are renewed ten minutes before."
ALLOWED_HELP = "Calls that esoctl allows itself, by API, in the account that AWS slowed down most."
LOST_HELP = "Records that could not be written to the audit log."
COLLECT_AFTER = 20_000
"""New objects until the youngest are looked through for garbage; nearly all of ours go without."""

log = structlog.get_logger("esoctl.app")


async def run(config: Config) -> None:
    """Run the operator until SIGTERM or SIGINT; raises LeaseLost when another process may lead."""
    # What is imported stays; looking through it again and again would take a tenth of the processor time of a start.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
    identity = f"{socket.gethostname()}_{uuid4()}"
    metrics, clock = Metrics(workers=config.workers), SystemClock()
    reach = partial(connect, config.kubeconfig or None, config.context or None)
    # Before anything has tasks, so that what is wrong with it is one error and not a group of them.
    endpoint = await reach()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        told_to_stop = await enter(stopping.listening())
        await enter(stalls.watched())
        around = _surroundings(stack.enter_context(audit.kept(config.audit_log, identity, clock)), clock, metrics)
        requests = _requests(config.crash_at)
        candidacy = _candidacy(config.election, identity, around, requests) if config.election else None
        lead = await enter(campaigning(candidacy, reach)) if candidacy else Alone()
        options = Options(around.draw, metrics.observe_request, requests=requests, lease=lead.seconds_left)
        transport = await enter(Transport(endpoint, options))
        session = await enter(Session(_aws_settings(config, metrics, requests)))
        metrics.gauges["esoctl_aws_credentials_seconds_left"] = (CREDENTIALS_HELP, session.credentials_left)
        metrics.gauges["esoctl_aws_calls_allowed_per_second"] = (ALLOWED_HELP, session.rates)
        metrics.gauges["esoctl_aws_calls_waiting"] = ("Calls to AWS that wait for their turn, by API.", session.waiting)
        pool = await enter(ClientPool())
        operator = Operator(config, Api(transport), pool, providers(session), metrics, around)
        if candidacy:
            holds = partial(_holds, candidacy.name, lead)
            metrics.gauges["leader_election_master_status"] = ("1 when this process holds the lease.", holds)
        lost = await operator.run(told_to_stop, lead)
    if candidacy and lost:
        raise LeaseLost(candidacy.name)
    log.info("stopped")


def _requests(crash_at: str) -> crashing.Requests:
    """The client library's own, but for a process that is to crash."""
    if not crash_at:
        return aiohttp.ClientRequest
    log.warning("this process is to crash", at=crash_at)
    return crashing.requests(crashing.Course(crashing.parse(crash_at)))


def _aws_settings(config: Config, metrics: Metrics, requests: crashing.Requests) -> Settings:
    return Settings(
        endpoints=from_environment(config.endpoints),
        observe=metrics.observe_provider,
        count=metrics.observe_reads,
        batching=config.batching,
        share_seconds=config.share_seconds,
        own=ambient.from_environment(os.environ),
        requests=None if requests is aiohttp.ClientRequest else requests,
        tagging=Tagging(config.cluster_name) if config.session_tags else None,
    )


def _surroundings(records: AuditLog | None, clock: Clock, metrics: Metrics) -> Surroundings:
    """With the audit log, where there is one, told of every write as the log is."""
    if records is None:
        return Surroundings(clock)
    metrics.gauges["esoctl_audit_records_lost"] = (LOST_HELP, lambda: {records.path: float(records.lost)})

    def tell(act: Act) -> None:
        visits.note(act)
        records.write(visits.audited(act))

    return Surroundings(clock, tell=tell)


def _candidacy(election: Election, identity: str, around: Surroundings, requests: crashing.Requests) -> Candidacy:
    """How we take part in the election; the identity is unique for each start of a process."""
    timings = Timings(election.lease_seconds, election.renew_seconds, election.retry_seconds)
    return Candidacy(election.namespace or pod_namespace(), election.name, identity, timings, around.draw, requests)


def _holds(name: str, lead: Lead) -> dict[str, float]:
    return {name: float(lead.leads)}
