"""Every kind in one table: where the API serves it. There is no second list of kinds."""

from dataclasses import dataclass

from esoctl.model.keys import Kind

GROUP = "external-secrets.io"
API_VERSION = f"{GROUP}/v1"
GENERATORS = "generators.external-secrets.io"


@dataclass(frozen=True, slots=True)
class Resource:
    """Where the API server serves a kind; an empty group is the core group."""

    kind: str
    """A ``Kind``, or the name of one that only a manifest target names."""
    group: str
    version: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


RESOURCES: dict[Kind, Resource] = {
    Kind(resource.kind): resource
    for resource in (
        Resource(Kind.EXTERNAL_SECRET, GROUP, "v1", "externalsecrets", namespaced=True),
        Resource(Kind.SECRET_STORE, GROUP, "v1", "secretstores", namespaced=True),
        Resource(Kind.CLUSTER_SECRET_STORE, GROUP, "v1", "clustersecretstores", namespaced=False),
        Resource(Kind.SECRET, "", "v1", "secrets", namespaced=True),
        Resource(Kind.CONFIG_MAP, "", "v1", "configmaps", namespaced=True),
        Resource(Kind.NAMESPACE, "", "v1", "namespaces", namespaced=False),
        Resource(Kind.SERVICE_ACCOUNT, "", "v1", "serviceaccounts", namespaced=True),
        Resource(Kind.EVENT, "", "v1", "events", namespaced=True),
        Resource(Kind.LEASE, "coordination.k8s.io", "v1", "leases", namespaced=True),
        Resource(Kind.FAKE, GENERATORS, "v1alpha1", "fakes", namespaced=True),
        Resource(Kind.PASSWORD, GENERATORS, "v1alpha1", "passwords", namespaced=True),
        Resource(Kind.UUID, GENERATORS, "v1alpha1", "uuids", namespaced=True),
        Resource(Kind.CLUSTER_GENERATOR, GENERATORS, "v1alpha1", "clustergenerators", namespaced=False),
    )
}
