"""F12 by a real restart: every informer's version is too old at once, and few list at a time."""

import time
from collections import Counter

from support.faults import proxy
from support.faults.aftermath import aftermath
from support.faults.asked import LISTS, Match, most_at_once
from support.faults.components import Parts
from support.faults.proxy_faults import Delay
from support.faults.stage import Stage

AT_ONCE = 2


def test_F12_after_a_restart_of_the_api_server_informers_list_a_few_at_a_time(shaken: Stage, parts: Parts) -> None:
    served = ",".join(sorted({namespace for namespace, _ in shaken.bystanders}))
    with proxy.running(shaken.access) as kproxy:
        shaken.operator.stop()
        config = shaken.config(kproxy.access.url, kproxy.access.authority, "proxied")
        shaken.operator.start(f"--namespaces={served}", kubeconfig=config)
        shaken.converged(60)
        followed = Counter(asked.collection for asked in kproxy.open_watches())
        assert len(followed) >= 10, followed
        kproxy.add(Match(LISTS), Delay(0.2))

        parts.server.kill()
        shaken.rotate(shaken.bystanders[:40])
        parts.server.start()
        began = time.monotonic()
        shaken.until(
            lambda: Counter(asked.collection for asked in kproxy.open_watches()) == followed,
            lambda: f"{len(kproxy.open_watches())} of {followed.total()} are followed",
            60,
        )
        took = time.monotonic() - began

        asked = kproxy.found(Match(LISTS), began)
        expired = [one for one in kproxy.found(Match("watch"), began) if one.status in (200, 410)]
        print(f"{len(asked)} lists of {followed.total()}, {most_at_once(asked)} at once, in {took:.1f} s")
        assert len(asked) >= 10
        assert max(Counter(one.collection for one in asked).values()) == 1
        assert most_at_once(asked) <= AT_ONCE
        assert max(one.time for one in expired) - min(one.time for one in expired) > 0.5, "they come one by one"
        kproxy.clear()
        aftermath(shaken, bound=60)
        shaken.operator.stop()
