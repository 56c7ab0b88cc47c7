"""Write the files that grant the operator its rights, from the one table in `esoctl.rbac.rights`.

Usage: rights.py [--check]        with --check it writes nothing and names the files that are not as the table says

Exit status: 0, or 1 when --check finds a difference.
"""

import argparse
import pathlib
import sys
import textwrap
from collections.abc import Iterator

from esoctl.rbac import text
from esoctl.rbac.rights import Choice, Feature, Reach, Right
from esoctl.rbac.roles import Account, Profile, Role, roles

ROOT = pathlib.Path(__file__).resolve().parent.parent
OVERLAYS = ROOT / "manifests" / "overlays"
CHART = ROOT / "charts" / "esoctl" / "templates" / "_rules.tpl"
EXAMPLES = ("team-a", "team-b")
HEAD = "# Exactly what the operator does, with no wildcard: written by `esoctl rbac {}`.\n"
HELM_CONDITIONS = {
    Feature.TOKENS: ".Values.rbac.serviceAccountTokenCreate",
    Feature.ELECTION: ".Values.leaderElect",
    Feature.METRICS_AUTH: ".Values.metrics.listen.auth",
}
LEASE = "LEASE"
"""Stands for the Lease's name until the chart's value is put in."""


def files() -> Iterator[tuple[pathlib.Path, str]]:
    """Every file, with what must be in it."""
    for profile, served in ((Profile.CLUSTER, ()), (Profile.NAMESPACES, EXAMPLES), (Profile.NAMESPACE, ("esoctl",))):
        named = f" --namespaces {','.join(served)}" if profile is Profile.NAMESPACES else ""
        found = text.manifest(roles(profile, served, Account(), Choice()), Account())
        yield OVERLAYS / profile / "rbac.yaml", HEAD.format(f"--profile {profile}{named}") + found
    yield ROOT / "manifests" / "generic-targets" / "rbac.yaml", generic_targets()
    yield CHART, "".join(helm())


def generic_targets() -> str:
    """What ConfigMaps as targets need besides."""
    plain, more = Choice().rights(Reach.SERVED), Choice(generic=(("", "configmaps"),)).rights(Reach.SERVED)
    role = Role("esoctl-generic-targets", "", [right for right in more if right not in plain])
    head = (
        "# What the operator may do besides, where ExternalSecrets may have ConfigMaps as targets. It may read\n"
        "# them anyway. For other kinds add a rule each, with all of: get, list, watch, create, patch, delete;\n"
        "# `esoctl rbac --generic-targets widgets.example.org` prints it.\n"
    )
    return head + text.manifest([role], Account())


def helm() -> Iterator[str]:
    """Named templates with rules, of which the chart makes its roles."""
    yield "{{- /* Written by hack/rights.py from the table in esoctl.rbac.rights. */ -}}\n"
    every = Choice(frozenset(Feature) - {Feature.ALWAYS, Feature.GENERIC_TARGETS}, lease=LEASE)
    for reach in Reach:
        yield f'\n{{{{- define "esoctl.rules.{reach}" -}}}}\n'
        for right in every.rights(reach):
            yield from conditional(right)
        yield from TARGETS if reach is Reach.SERVED else ()
        yield "{{- end }}\n"


def conditional(right: Right) -> Iterator[str]:
    rule = text.rules([right], indent="").replace(f"[{text.plain(LEASE)}]", "[{{ .Values.leaderElectionID | quote }}]")
    condition = HELM_CONDITIONS.get(right.feature)
    yield f"{{{{- if {condition} }}}}\n{rule}{{{{- end }}}}\n" if condition else rule


TARGETS = textwrap.dedent(
    """\
    {{- if .Values.genericTargets.enabled }}
    {{- range .Values.genericTargets.resources }}
    # Targets of this kind.
    - apiGroups: [{{ .apiGroup | quote }}]
      resources: [{{ join ", " .resources }}]
      verbs: [{{ join ", " .verbs }}]
    {{- end }}
    {{- end }}
    """
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [(path, wanted) for path, wanted in files() if not path.exists() or path.read_text() != wanted]
    for path, wanted in stale:
        print(path.relative_to(ROOT), "is not as the table says" if check else "written")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
