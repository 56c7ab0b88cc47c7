"""Write manifests/monitoring/prometheusrule.yaml from rules.yaml, which is next to it.

Usage: alerts.py            writes the file; a test fails while it is not what this would write
"""

import pathlib

MONITORING = pathlib.Path(__file__).resolve().parent.parent / "manifests" / "monitoring"
HEAD = """# Written by hack/alerts.py from rules.yaml: the alerts, for the Prometheus operator.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: esoctl
  namespace: esoctl
  labels:
    app.kubernetes.io/name: esoctl
spec:
"""


def resource(rules: str) -> str:
    """The resource that holds the groups of a plain rules file."""
    groups = rules[rules.index("groups:") :]
    return HEAD + "".join(f"  {line}" if line.strip() else line for line in groups.splitlines(keepends=True))


if __name__ == "__main__":
    (MONITORING / "prometheusrule.yaml").write_text(resource((MONITORING / "rules.yaml").read_text()))
