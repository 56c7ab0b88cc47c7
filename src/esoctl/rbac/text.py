"""Roles as YAML that says why, rule by rule. Whoever asks has checked that names are names."""

import re
import textwrap
from collections.abc import Iterable, Sequence

from esoctl.rbac.rights import Right
from esoctl.rbac.roles import API, Account, Role

LABEL = "app.kubernetes.io/name: esoctl"
WIDTH = 110


def manifest(found: Iterable[Role], account: Account) -> str:
    """A document for each role and for its binding."""
    return "---\n".join(part for role in found for part in (_role(role), _binding(role, account)))


def rules(found: Iterable[Right], indent: str = "  ") -> str:
    """The entries of a role's rules."""
    return textwrap.indent("".join(map(_rule, found)), indent)


def _role(role: Role) -> str:
    return f"{_head(role.kind, role)}rules:\n{rules(role.rights)}"


def _binding(role: Role, account: Account) -> str:
    reference = f"roleRef:\n  apiGroup: {API}\n  kind: {role.kind}\n  name: {plain(role.name)}\n"
    subject = f"  - kind: ServiceAccount\n    name: {plain(account.name)}\n    namespace: {plain(account.namespace)}\n"
    return f"{_head(f'{role.kind}Binding', role)}{reference}subjects:\n{subject}"


def _head(kind: str, role: Role) -> str:
    place = f"  namespace: {plain(role.namespace)}\n" if role.namespace else ""
    return f"apiVersion: {API}/v1\nkind: {kind}\nmetadata:\n  name: {plain(role.name)}\n{place}  labels:\n    {LABEL}\n"


def _rule(right: Right) -> str:
    why = "".join(f"# {line}\n" for line in textwrap.wrap(right.why, WIDTH))
    names = f"  resourceNames: {_flow(right.names)}\n" if right.names else ""
    return (
        f"{why}- apiGroups: {_flow((right.group,))}\n  resources: {_flow(right.resources)}\n{names}"
        f"  verbs: {_flow(right.verbs)}\n"
    )


def _flow(words: Sequence[str]) -> str:
    return f"[{', '.join(map(plain, words))}]"


def plain(word: str) -> str:
    """In quotes where YAML would take it for a number, a truth or nothing."""
    safe = re.fullmatch(r"[a-z][-a-z0-9./]*", word) and word not in _WORDS
    return word if safe else f'"{word}"'


_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
