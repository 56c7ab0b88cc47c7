"""An in-memory Kubernetes API server and moto's server for demonstrations and tests: an island.

Nothing here imports anything else of esoctl, and nothing of esoctl but the command line imports this.

How a request travels: ``http`` (sockets, TLS) -> ``api`` (tokens, routes) -> ``reading``, ``writing``, ``deleting``
(the meaning of the verbs) -> ``store`` (objects, revisions, history) -> ``settling`` (what controllers would do next).
``api.Api.handle`` is synchronous and needs no socket, so a simulation may call it directly; only following a watch
waits.

What is left out: authorization (every known token may do everything), admission plug-ins except the namespace life
cycle, conversion between versions other than renaming ``apiVersion``, protobuf bodies, and quotas.
"""
