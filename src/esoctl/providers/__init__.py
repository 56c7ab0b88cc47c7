"""Values from outside. A provider answers requests; policies, templates and the cluster are unknown here."""
