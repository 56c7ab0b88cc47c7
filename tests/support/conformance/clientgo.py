"""client-go, through the small program in hack/clientgo: shared informer, server-side apply, pages, lease election."""

import subprocess

from support import controlplane, runs
from support.conformance.place import Place

STEPS = ["discovery", "informer", "apply", "conflict", "custom", "pages", "lease"]


def client_go_works(place: Place) -> None:
    try:
        program = controlplane.client_go()
    except controlplane.UnavailableError as reason:
        runs.skip_or_fail(str(reason))

    done = subprocess.run(
        [program, place.server.kubeconfig, place.namespace], capture_output=True, text=True, timeout=120, check=False
    )

    assert (done.returncode, done.stdout.splitlines()) == (0, [f"ok {step}" for step in STEPS]), done.stderr
