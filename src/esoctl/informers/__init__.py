"""Informers: what the API server holds, as typed stores that follow its watches. They know no queue and no reconcile.

``ports`` says what they read from; ``machine`` decides what to ask next, ``watcher`` asks it; ``intake`` decodes into
``store`` and hands changes to a sink; ``informer`` is all of it with a name.
"""
