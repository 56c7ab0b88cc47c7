"""Rules for names, labels and other metadata texts, with the API server's explanations.

From k8s.io/apimachinery ``api/validate/content`` and ``util/validation`` (v1.36). Each function answers the list of
what is wrong with one text.
"""

import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"

_LABEL_WORDS = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character"
)
_SUBDOMAIN_WORDS = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character"
)
_KEY_WORDS = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_VALUE_WORDS = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character"
)
_CONFIG_KEY_WORDS = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"


def _explain(words: str, pattern: str, *examples: str) -> str:
    quoted = " or ".join(f"'{example}', " for example in examples)
    return f"{words} (e.g. {quoted}regex used for validation is '{pattern}')"


def _longest(length: int) -> str:
    return f"must be no more than {length} bytes"


def label(text: str) -> list[str]:
    """A DNS label, as the name of a namespace."""
    wrong = [_longest(63)] if len(text) > 63 else []
    if not re.fullmatch(_LABEL, text):
        wrong.append(_explain(_LABEL_WORDS, _LABEL, "my-name", "123-abc"))
    return wrong


def subdomain(text: str) -> list[str]:
    """A DNS subdomain, as the name of most objects."""
    wrong = [_longest(253)] if len(text) > 253 else []
    if not re.fullmatch(_SUBDOMAIN, text):
        wrong.append(_explain(_SUBDOMAIN_WORDS, _SUBDOMAIN, "example.com"))
    return wrong


def path_segment(text: str) -> list[str]:
    """Anything that can stand in a URL path, as the name of a role."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{mark}'" for mark in ("/", "%") if mark in text]


def object_name(rule: str, text: str, *, prefix: bool = False) -> list[str]:
    """What is wrong with a name under the rule; a prefix may end in a dash, something will follow it."""
    if prefix and text.endswith("-"):
        text = text[:-1] + "a"
    match rule:
        case "label":
            return label(text)
        case "path":
            return path_segment(text)
        case _:
            return subdomain(text)


def label_key(text: str) -> list[str]:
    """The key of a label or annotation, or the name of a finalizer."""
    *prefixes, name = text.split("/")
    explained = _explain(_KEY_WORDS, _KEY, "MyName", "my.name", "123-abc")
    if len(prefixes) > 1:
        example = "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        return [f"a valid label key {explained} {example}"]
    wrong = [f"prefix part {words}" for prefix in prefixes for words in _prefix(prefix)]
    if not name:
        wrong.append("name part must be non-empty")
    elif len(name) > 63:
        wrong.append(f"name part {_longest(63)}")
    if not re.fullmatch(_KEY, name):
        wrong.append(f"name part {explained}")
    return wrong


def _prefix(text: str) -> list[str]:
    return subdomain(text) if text else ["must be non-empty"]


def label_value(text: str) -> list[str]:
    wrong = [_longest(63)] if len(text) > 63 else []
    if not re.fullmatch(_VALUE, text):
        wrong.append(_explain(_VALUE_WORDS, _VALUE, "MyValue", "my_value", "12345"))
    return wrong


def config_key(text: str) -> list[str]:
    """A key of the data of a Secret or ConfigMap."""
    wrong = ["must be no more than 253 characters"] if len(text) > 253 else []
    if not re.fullmatch(_CONFIG_KEY, text):
        wrong.append(_explain(_CONFIG_KEY_WORDS, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if text in (".", ".."):
        wrong.append(f"must not be '{text}'")
    elif text.startswith(".."):
        wrong.append("must not start with '..'")
    return wrong
