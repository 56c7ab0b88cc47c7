"""F22: the API server's certificate is replaced, and the authority that signed it: the operator trusts the new one."""

import time

import pytest

from support.faults import follows
from support.faults.aftermath import aftermath
from support.faults.certificates import new_signer
from support.faults.components import Parts
from support.faults.files import Identity, taken
from support.faults.stage import Stage

RELOAD_SECONDS = 75.0
"""Within a minute both the API server and the operator look at their files again."""


def trusting(stage: Stage, parts: Parts) -> None:
    """The test itself trusts what is trusted now."""
    stage.api.access = parts.access
    stage.api.context = stage.api.access.ssl_context()
    stage.api.drop()


@pytest.fixture
def identity(shaken: Stage) -> Identity:
    """The operator runs with files for its identity."""
    return taken(shaken, str(shaken.access.token))


def test_F22_another_authority_after_a_restart_is_trusted_once_the_file_holds_it(
    shaken: Stage, parts: Parts, identity: Identity
) -> None:
    old = parts.signer
    room = shaken.room()
    room.put(db="one")
    room.synced(refreshInterval="5s")
    try:
        parts.rotate(new_signer())
        parts.server.kill()
        parts.server.start()
        identity.authority.write_text(parts.signer.pem)
        trusting(shaken, parts)
        room.put(db="two")

        spent, _ = aftermath(shaken, bound=60)
        print(f"all was right after {spent:.1f} s")
        assert room.data() == {"password": b"two"}
    finally:
        parts.rotate(old)
        parts.server.kill()
        parts.controllers.kill()
        parts.mend()
        trusting(shaken, parts)


def test_F22_a_rotation_with_both_authorities_in_the_file_is_not_noticed(
    shaken: Stage, parts: Parts, identity: Identity
) -> None:
    old, new, began = parts.signer, new_signer(), time.time()
    room = shaken.room()
    room.put(db="one")
    room.synced(refreshInterval="5s")
    try:
        identity.authority.write_text(new.pem + old.pem)
        parts.rotate(new, bundle=old.pem)
        trusting(shaken, parts)
        time.sleep(RELOAD_SECONDS)
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            type(shaken.api)(shaken.access).get("/version")
        room.put(db="two")

        shaken.check(bound=15, late=5)
        assert room.data() == {"password": b"two"}
        assert follows.lists(follows.follows(parts.audit_logs, began)) == {}
    finally:
        parts.rotate(old)
        parts.server.kill()
        parts.controllers.kill()
        parts.mend()
        trusting(shaken, parts)
