from esoctl.model.remote import Capabilities, Quirks
from esoctl.providers.aws.provider import Aws
from esoctl.providers.aws.session import Session
from esoctl.providers.contract import SecretKeyRef, ServiceAccountRef
from support import stores
from support.aws import a_body


def test_the_backend_tells_what_it_will_read() -> None:
    aws = Aws(Session())

    keys = aws.decode(stores.raw(a_body()), stores.a_scope())
    account = aws.decode(stores.raw(a_body(auth={"jwt": {"serviceAccountRef": {"name": "sa"}}})), stores.a_scope())

    assert keys.secret_refs == (SecretKeyRef("keys", "key"), SecretKeyRef("keys", "id"))
    assert (keys.service_account_refs, keys.referent) == ((), False)
    assert account.service_account_refs == (ServiceAccountRef("sa"),)


def test_backends_of_two_stores_differ_and_sessions_do_not_count() -> None:
    one, other = Aws(Session()), Aws(Session())

    same = one.decode(stores.raw(a_body()), stores.a_scope()) == other.decode(stores.raw(a_body()), stores.a_scope())
    differ = one.decode(stores.raw(a_body()), stores.a_scope(name="b")) != one.decode(
        stores.raw(a_body()), stores.a_scope(name="a")
    )

    assert (same, differ) == (True, True)


def test_it_reads_and_writes_and_reads_properties_as_the_reference_does() -> None:
    aws = Aws(Session())

    assert (aws.capabilities, aws.quirks) == (Capabilities.READ_WRITE, Quirks())
