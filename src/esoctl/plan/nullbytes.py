"""The null-byte policy: text consumers cut a value at byte 0, so ``nullBytePolicy: Fail`` refuses such values.

Runs after decoding. The first offending key in sorted order is named, the value never.

Source: the reference's ``esutils.ValidateNullBytes`` (external-secrets 2.9.0).
"""

from collections.abc import Mapping

from esoctl.errors import SpecError


def check(values: Mapping[str, bytes]) -> None:
    """Raise SpecError for the first key whose value contains a null byte."""
    for key in sorted(values):
        if b"\0" in values[key]:
            raise SpecError(
                "",
                f'fetched secret value for key "{key}" contains null bytes; use a text-safe format such as PEM/base64 '
                "or leave nullBytePolicy unset for intentional binary data",
            )
