"""The edge to the Kubernetes API server: connecting, calling, recording events. It knows no ExternalSecret."""
