"""When a key is worked on: one slot for each key, lanes by urgency, timers, backoff.

Generic in its key; nothing here knows Kubernetes. ``core`` holds the rules and is pure, ``limiter`` the delays after
failures, ``workqueue`` is the asynchronous shell that workers use.
"""
