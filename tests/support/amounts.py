"""How many generated specs a run tries: 2,000, or the number in ``SPECS``.

A failing one is not made smaller by itself, which can take many minutes, but with ``SHRINK=1``.
"""

import os

from hypothesis import HealthCheck, Phase, settings

SPECS = int(os.environ.get("SPECS", "2000"))
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *([Phase.shrink] if os.environ.get("SHRINK") else [])]


def examples(percent: float, apiece: int = 1) -> settings:
    """Settings of a test that tries that part of all specs, ``apiece`` of them in each example."""
    return settings(
        max_examples=max(1, round(SPECS * percent / 100 / apiece)),
        phases=PHASES,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
