"""``esoctl iam``: prints the least IAM policies for a set of manifests, offline.

Standard output holds JSON only: one policy when one identity needs anything, else an object of policies by the name of
the identity, of which ``--identity`` picks one. What there is to say goes to standard error. Exit status: 0 when all is
told, 1 when a manifest is wrong or a store is missing, 2 on misuse.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import click
import msgspec

from esoctl.checking import documents, objects
from esoctl.checking.documents import Doc, Unreadable
from esoctl.checking.objects import Judge
from esoctl.iam import policies
from esoctl.iam.grants import Choice
from esoctl.iam.policies import Document, Guess, Policies, Use
from esoctl.model import external_secret, store
from esoctl.model.keys import Kind, StoreRef
from esoctl.model.meta import decode_bare
from esoctl.plan import sources
from esoctl.plan.sources import Get
from esoctl.providers.aws import decoding
from esoctl.providers.aws.spec import Service, Spec
from esoctl.providers.contract import Scope

EXIT_PROBLEMS = 1
EXIT_MISUSE = 2
STORES = (Kind.SECRET_STORE, Kind.CLUSTER_SECRET_STORE)


class Impossible(Exception):
    """The manifests do not tell what is needed; the text says why and what to do."""


@dataclass
class Found:
    """What the manifests say."""

    stores: dict[StoreRef, Spec | None] = field(default_factory=dict)
    """None for a store of another provider."""
    uses: list[tuple[str, str, StoreRef, sources.Source]] = field(default_factory=list)
    """Who asks (title and namespace), which store, and what for."""
    annotations: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@click.command(context_settings={"show_default": True})
@click.option("-f", "--filename", "named", multiple=True, metavar="FILE", help="A file, a folder, or - for stdin.")
@click.option("-n", "--namespace", default="default", help="Namespace of objects that name none.")
@click.option("--account", default="", help="Account id; that of the role that reads, if unset and told.")
@click.option("--partition", default="", help="Partition of ARNs; that of the region, if unset.")
@click.option("--batch/--no-batch", default=True, help="Allow batch calls; off for esoctl run --no-batching.")
@click.option("--kms/--no-kms", default=True, help="Allow decryption; off where AWS manages all keys.")
@click.option(
    "--kms-key", "kms_keys", multiple=True, metavar="ARN", help="The key in use; any of the account if unset."
)
@click.option("--session-tags", is_flag=True, help="For esoctl run --aws-session-tags.")
@click.option("--oidc-provider", default="OIDC_PROVIDER", help="Of the cluster, without https://, for --trust.")
@click.option("--trust", is_flag=True, help="Print the trust policies of the roles instead.")
@click.option("--identity", default="", metavar="NAME", help="Print the policy of this identity only.")
@click.argument("more", nargs=-1, metavar="[FILE]...")
def command(
    named: tuple[str, ...],
    more: tuple[str, ...],
    namespace: str,
    identity: str,
    *,
    trust: bool,
    **options: str | bool | tuple[str, ...],
) -> None:
    """Print the least IAM policies that stores and ExternalSecrets need.

    Manifests of ServiceAccounts, if given, tell the roles behind auth.jwt.
    """
    if not named and not more:
        raise click.UsageError("name at least one file, folder or - with -f")
    try:
        found = _found((*named, *more), namespace)
        made = _policies(found, options)
        printable = made.trust if trust else made.permissions
        chosen = _chosen(printable, identity, "trust policy" if trust else "policy")
    except (Unreadable, Impossible) as error:
        _tell([str(error)])
        sys.exit(EXIT_MISUSE if isinstance(error, Unreadable) else EXIT_PROBLEMS)
    click.echo(msgspec.json.format(msgspec.json.encode(chosen), indent=2))
    _tell([*found.notes, *_remarks(printable, chosen)])


def _found(given: tuple[str, ...], namespace: str) -> Found:
    judge, found = Judge(namespace), Found()
    for file, body in _bodies(given):
        kind = body.get("kind")
        if kind == Kind.SERVICE_ACCOUNT:
            meta = decode_bare(msgspec.json.encode(body)).metadata
            found.annotations[meta.namespace or namespace, meta.name] = meta.annotations
        elif objects.concerned(body):
            wrong = [" ".join(f"{p.path}: {p.problem}; {p.remedy}".split()) for p in judge.problems(body)]
            found.problems += [f"{file}:{objects.title(body)}: {text.rstrip('; ')}" for text in wrong]
            if not wrong and kind in (*STORES, Kind.EXTERNAL_SECRET):
                _take(found, judge.settled(Kind(str(kind)), body), Kind(str(kind)))
    if found.problems:
        raise Impossible("\n".join(found.problems))
    return found


def _bodies(given: tuple[str, ...]) -> Iterator[tuple[str, Doc]]:
    for file in documents.files(given):
        content = sys.stdin.buffer.read() if file == documents.STDIN else documents.read(file)
        yield from (
            (file, body) for document in documents.documents(file, content) for body in objects.flatten(document)
        )


def _take(found: Found, body: Doc, kind: Kind) -> None:
    raw = msgspec.json.encode({"kind": kind, **body})
    if kind is Kind.EXTERNAL_SECRET:
        decoded = external_secret.decode(raw)
        assert decoded.spec is not None, "it has been judged"
        meta = decoded.metadata
        title = f"{kind}/{meta.namespace}/{meta.name}"
        asked = sources.sources(meta.namespace, decoded.spec)
        found.uses += [(title, meta.namespace, source.store, source) for source in asked]
        return
    held = store.decode(raw)
    assert held.spec is not None, "it has been judged"
    ref = StoreRef(kind, held.metadata.namespace, held.metadata.name)
    ((provider, inner),) = held.spec.provider.items()
    spec = decoding.decode(inner, Scope(ref)) if provider == "aws" else None
    if spec is None or spec.service is Service.CERTIFICATE_MANAGER:
        found.notes.append(f"{ref} is passed over: it reads neither Secrets Manager nor Parameter Store")
        spec = None
    found.stores[ref] = spec


def _policies(found: Found, options: Mapping[str, str | bool | tuple[str, ...]]) -> Policies:
    if not found.uses:
        raise Impossible("the files hold no ExternalSecret that reads anything; add some with -f")
    missing = sorted({(str(ref), title) for title, _, ref, _ in found.uses if ref not in found.stores})
    if missing:
        raise Impossible(
            "\n".join(f"{title} reads {ref}, which is in none of the files; add it" for ref, title in missing)
        )
    uses = [
        Use(spec, namespace, source.remote if isinstance(source, Get) else source.find)
        for _, namespace, ref, source in found.uses
        if (spec := found.stores[ref]) is not None
    ]
    keys = options["kms_keys"]
    assert isinstance(keys, tuple)
    choice = Choice(bool(options["batch"]), bool(options["kms"]), keys)
    guess = Guess(str(options["account"]), str(options["partition"]), str(options["oidc_provider"]))
    return policies.policies(uses, found.annotations, choice, guess, session_tags=bool(options["session_tags"]))


def _chosen(made: Mapping[str, Document], identity: str, what: str) -> Document:
    if identity:
        if identity not in made:
            raise Impossible(f"no {what} for {identity!r}; there is one for: {', '.join(made) or 'nobody'}")
        return made[identity]
    if not made:
        raise Impossible(f"no {what} is needed")
    return next(iter(made.values())) if len(made) == 1 else dict(made)


def _remarks(made: Mapping[str, Document], chosen: Document) -> Iterator[str]:
    names = [name for name, document in made.items() if document is chosen or len(made) > 1]
    if "Statement" not in chosen:
        yield f"{len(made)} identities need a policy each; --identity picks one of: {', '.join(made)}"
    elif len(made) == 1:
        yield f"this is for {names[0]}"
    if "ACCOUNT:" in str(chosen):
        yield "ACCOUNT stands for an account id that the manifests do not tell; give --account"
    if "OIDC_PROVIDER" in str(chosen):
        yield "OIDC_PROVIDER stands for the cluster's identity provider; give --oidc-provider"
    for name, document in made.items():
        if policies.size(document) > policies.LONGEST:
            yield f"the policy for {name} is longer than AWS takes ({policies.LONGEST} characters); use a common prefix"


def _tell(texts: list[str]) -> None:
    for text in texts:
        for line in text.splitlines():
            click.echo(f"esoctl: {line}", err=True)
