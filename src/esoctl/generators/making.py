"""Makes the values of a generator.

Pure: entropy is an argument. Every call makes new values, so a generator's output changes with each refresh of whoever
uses it (``refreshPolicy: CreatedOnce`` keeps the first). Source: the reference's generators ``fake``, ``password`` and
``uuid`` (external-secrets 2.9.0).
"""

import uuid
from collections.abc import Callable
from typing import assert_never

from esoctl.generators import passwords
from esoctl.model.generators import UUID, Fake, Password, Spec

Entropy = Callable[[int], bytes]
"""So many random bytes."""


def make(spec: Spec, entropy: Entropy) -> dict[str, bytes]:
    """The values, by key; raises GeneratorInvalid when the specification cannot be met."""
    match spec:
        case Fake(data=data):
            return {key: text.encode() for key, text in data.items()}
        case Password():
            return passwords.make(spec, entropy)
        case UUID():
            return {"uuid": str(uuid.UUID(bytes=entropy(16), version=4)).encode()}
        case _:
            assert_never(spec)
