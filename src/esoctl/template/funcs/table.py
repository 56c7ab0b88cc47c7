"""Every function a template may call, by name.

This is the whole list: what is not here cannot be called. Nothing here reads a file, the environment, the clock or the
network; what is random or now comes from the environment of the render. A test compares the names and signatures with
the reference's.
"""

from __future__ import annotations

from typing import Final

from esoctl.template.builtins import BUILTINS
from esoctl.template.funcs.casing import CASING
from esoctl.template.funcs.certificates import CERTIFICATES
from esoctl.template.funcs.choices import CHOICES
from esoctl.template.funcs.crypto import CRYPTO
from esoctl.template.funcs.dates import DATES
from esoctl.template.funcs.dicts import DICTS
from esoctl.template.funcs.encoding import ENCODING
from esoctl.template.funcs.jwk import JWK
from esoctl.template.funcs.lists import LISTS
from esoctl.template.funcs.numbers import NUMBERS
from esoctl.template.funcs.paths import PATHS
from esoctl.template.funcs.pem import PEM
from esoctl.template.funcs.pkcs12 import PKCS12
from esoctl.template.funcs.randomness import RANDOMNESS
from esoctl.template.funcs.regex import REGEX
from esoctl.template.funcs.semver import SEMVER
from esoctl.template.funcs.strings import STRINGS
from esoctl.template.funcs.urls import URLS
from esoctl.template.funcs.yaml import YAML
from esoctl.template.functions import Function

FUNCTIONS: Final[dict[str, Function]] = {
    **BUILTINS,
    **CASING,
    **CERTIFICATES,
    **CHOICES,
    **CRYPTO,
    **DATES,
    **DICTS,
    **ENCODING,
    **JWK,
    **LISTS,
    **NUMBERS,
    **PATHS,
    **PEM,
    **PKCS12,
    **RANDOMNESS,
    **REGEX,
    **SEMVER,
    **STRINGS,
    **URLS,
    **YAML,
}
