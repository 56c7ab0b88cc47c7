"""The settings of ``esoctl run``, frozen. Only the command line and the composition root read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from esoctl.log import Format

AWS_ENDPOINTS = ("AWS_SECRETSMANAGER_ENDPOINT", "AWS_SSM_ENDPOINT", "AWS_STS_ENDPOINT")
"""Environment variables that replace the endpoints of AWS services, named as in the reference."""


@dataclass(frozen=True, slots=True)
class Election:
    """Which Lease the replicas compete for; times in seconds."""

    name: str = "esoctl"
    namespace: str = ""
    """Empty: the namespace of the pod."""
    lease_seconds: float = 15.0
    renew_seconds: float = 10.0
    retry_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set from outside."""

    kubeconfig: str = ""
    """A kubeconfig file; empty means KUBECONFIG, the default file, or the cluster the process runs in."""
    context: str = ""
    namespaces: tuple[str, ...] = ()
    """Serve these namespaces only; none means all of them, and ClusterSecretStores too."""
    controller_class: str = "default"
    workers: int = 48
    metrics_addr: str = ":8080"
    metrics_auth: bool = False
    """Let those read the metrics whose token the API server knows and who may get /metrics."""
    metrics_cert_dir: str = ""
    """A folder with tls.crt and tls.key: serve the metrics by TLS."""
    extended_labels: bool = False
    """Give the series of an object what its labels ``app.kubernetes.io/...`` say."""
    health_addr: str = ":8082"
    log_format: Format = Format.JSON
    log_level: str = "info"
    audit_log: str = ""
    """A file that gets a line for every write of a target, or ``-`` for standard output; empty for none."""
    store_requeue_seconds: float = 300.0
    drain_seconds: float = 25.0
    absence_seconds: float = 60.0
    """Between the reads that must find a remote secret missing before anything is removed for it."""
    generic_targets: bool = False
    """Serve targets that are no Secrets."""
    batching: bool = True
    """Merge and batch reads of AWS."""
    share_seconds: float = 10.0
    """Give first syncs and due refreshes what AWS answered another reader no longer ago; 0 shares nothing."""
    session_tags: bool = False
    """Tag the sessions of AWS roles with cluster, namespace and store."""
    cluster_name: str = ""
    """What the tags call this cluster."""
    delimiters: tuple[str, str] = ("{{", "}}")
    election: Election | None = None
    """None: this process is the only one, by agreement."""
    crash_at: str = ""
    """A crash point, for tests of restarts; see ``crashing``."""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """AWS endpoints by the name of their environment variable."""
