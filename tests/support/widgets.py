"""A custom kind whose spec takes anything, for targets that are no Secrets."""

from support.day import Day

WIDGET = {"apiVersion": "example.com/v1", "kind": "Widget"}


def serve_widgets(day: Day) -> None:
    """A custom kind whose spec takes anything."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema, "subresources": {"status": {}}}
    body = {
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }
    day.do("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
