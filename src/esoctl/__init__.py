"""esoctl: an External Secrets Operator for Kubernetes and AWS.

A tour, from the bottom up; imports point down only (``.importlinter`` keeps it):

* ``errors``, ``clock``, ``log``, ``metrics``, ``config``: the ground floor.
* ``model``: nouns. Frozen types and their decoding. ``template``: a language, Go's text/template.
* ``plan``: verbs, pure. Every rule of the operator is a function here.
* ``informers``, ``queue``, ``providers``, ``kube``, ``probes``: the machines; they do not know one another.
* ``reconcile``: the order of things. ``app``: builds and owns everything. ``cli``: commands.
* ``sandbox``: an in-memory Kubernetes API server, an island used by the demo and the tests.
"""

__version__ = "0.1.0"
