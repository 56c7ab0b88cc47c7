"""``esoctl rbac``: prints the roles that an installation needs, and their bindings, as YAML; offline.

Exit status: 0, or 2 on misuse.
"""

import re

import click

from esoctl.rbac import text
from esoctl.rbac.rights import Choice, Feature
from esoctl.rbac.roles import Account, Profile, roles

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Names(click.ParamType[tuple[str, ...]]):
    """Names of objects, separated by commas."""

    name = "a,b"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        found = tuple(str(value).split(",")) if value else ()
        for name in found:
            if not NAME.fullmatch(name):
                self.fail(f"{name!r} is no name; give small letters, digits, - and ., separated by commas", param, ctx)
        return found


@click.command(context_settings={"show_default": True})
@click.option("--profile", type=click.Choice([profile.value for profile in Profile]), default=Profile.CLUSTER.value)
@click.option("--namespaces", "--namespace", default="", type=Names(), help="Served; for the profiles of namespaces.")
@click.option("--service-account", default="esoctl/esoctl", metavar="NS/NAME", help="The operator's.")
@click.option("--token-create/--no-token-create", default=True, help="For stores with auth.jwt.")
@click.option("--leader-election/--no-leader-election", default=True, help="For esoctl run --enable-leader-election.")
@click.option("--leader-election-id", default="esoctl", help="Name of the Lease.")
@click.option("--metrics-auth/--no-metrics-auth", default=False, help="For esoctl run --metrics-auth.")
@click.option(
    "--generic-targets", default="", type=Names(), help="Kinds of targets: configmaps, applications.argoproj.io."
)
def command(
    profile: str,
    namespaces: tuple[str, ...],
    service_account: str,
    leader_election_id: str,
    generic_targets: tuple[str, ...],
    **features: bool,
) -> None:
    """Print the least rights that the operator needs.

    cluster serves all namespaces; namespaces serves a list of them and needs no ClusterRole; namespace serves one, that
    of its ServiceAccount unless another is named.
    """
    account, chosen = _account(service_account), Profile(profile)
    wanted = (
        (Feature.TOKENS, features["token_create"]),
        (Feature.ELECTION, features["leader_election"]),
        (Feature.METRICS_AUTH, features["metrics_auth"]),
    )
    if not NAME.fullmatch(leader_election_id):
        raise click.UsageError(f"--leader-election-id: {leader_election_id!r} is no name")
    kinds = [name.partition(".") for name in generic_targets]
    choice = Choice(
        frozenset(feature for feature, on in wanted if on),
        tuple((group, resource) for resource, _, group in kinds),
        leader_election_id,
    )
    served = _served(chosen, namespaces, account)
    click.echo(text.manifest(roles(chosen, served, account, choice), account), nl=False)


def _account(named: str) -> Account:
    namespace, _, name = named.partition("/")
    if not NAME.fullmatch(namespace) or not NAME.fullmatch(name):
        raise click.UsageError(f"--service-account is {named!r}; give namespace/name")
    return Account(namespace, name)


def _served(profile: Profile, namespaces: tuple[str, ...], account: Account) -> tuple[str, ...]:
    if profile is Profile.CLUSTER and namespaces:
        raise click.UsageError("the profile cluster serves all namespaces; leave --namespaces out, or choose another")
    if profile is Profile.NAMESPACES and not namespaces:
        raise click.UsageError("the profile namespaces needs --namespaces")
    if profile is Profile.NAMESPACE and len(namespaces) > 1:
        raise click.UsageError("the profile namespace serves one; for more choose namespaces")
    return (account.namespace,) if profile is Profile.NAMESPACE and not namespaces else namespaces
