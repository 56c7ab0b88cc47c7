"""Every kind of generator gives the keys that people know."""

import os
import uuid

from esoctl.generators.making import make
from esoctl.model.generators import UUID, Fake, Password


def test_a_fake_gives_its_data_as_it_is() -> None:
    assert make(Fake(data={"user": "gull", "pass": "søl", "blank": ""}), os.urandom) == {
        "user": b"gull",
        "pass": "søl".encode(),
        "blank": b"",
    }


def test_a_uuid_is_a_random_one() -> None:
    made = make(UUID(), os.urandom)

    assert list(made) == ["uuid"]
    assert uuid.UUID(made["uuid"].decode()).version == 4
    assert make(UUID(), os.urandom) != made


def test_two_passwords_differ() -> None:
    assert make(Password(), os.urandom) != make(Password(), os.urandom)
