"""The string functions: trimming, cutting, splitting, joining, quoting.

Strings are bytes; lengths and positions count bytes where the reference's do. Source: the reference's string functions
(a fork of Masterminds/sprig, and Masterminds/goutils beneath it).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from esoctl.template import govalues, quoting
from esoctl.template.functions import ANY, Context, Function, function
from esoctl.template.govalues import FunctionError, StringMap, Strings
from esoctl.template.verbs import Printer

SPACES: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"  # noqa: E501  one set, one line
_LATIN_SPACES: Final = frozenset(b"\t\n\v\f\r \x85\xa0")


def shown(context: Context, value: object) -> bytes:
    """A value as text, the way the reference's functions see it."""
    return value if isinstance(value, bytes) else Printer(context.budget).show(value)


def strings_of(context: Context, value: object) -> list[bytes]:
    """A value as a list of texts: the items that are not nil, or the value itself."""
    if isinstance(value, Strings):
        return value
    if isinstance(value, list):
        context.budget.elements(len(value))
        return Strings(shown(context, item) for item in value if item is not None)
    return Strings() if value is None else Strings([shown(context, value)])


def pieces(separator: bytes, value: bytes, limit: int = -1) -> list[bytes]:
    """Go's strings.SplitN: an empty separator splits into runes, a limit of 0 gives nothing."""
    if limit == 0:
        return []
    if separator:
        return value.split(separator, limit - 1 if limit > 0 else -1)
    runes = govalues.text(value)
    count = len(runes) if limit < 0 else min(limit, len(runes))
    parts = [govalues.encode(rune) for rune in runes[: max(count - 1, 0)]]
    rest = govalues.encode(runes[len(parts) :])
    return [*parts, rest] if rest else parts


def _hello() -> bytes:
    return b"Hello!"


def _trim(value: bytes) -> bytes:
    if value.isascii():
        return value.strip(b"\t\n\v\f\r ")
    return govalues.encode(govalues.text(value).strip(SPACES))


def _trim_all(cutset: bytes, value: bytes) -> bytes:
    if cutset.isascii():
        return value.strip(cutset) if cutset else value
    return govalues.encode(govalues.text(value).strip(govalues.text(cutset)))


def _trim_suffix(suffix: bytes, value: bytes) -> bytes:
    return value.removesuffix(suffix)


def _trim_prefix(prefix: bytes, value: bytes) -> bytes:
    return value.removeprefix(prefix)


def _title(value: bytes) -> bytes:
    runes = govalues.valid_text(value) if not value.isascii() else value.decode()
    parts: list[str] = []
    starts = True
    for rune in runes:
        parts.append(govalues.title_rune(rune) if starts else rune)
        starts = _separates(rune)
    return "".join(parts).encode()


def _separates(rune: str) -> bool:
    """Whether a word may begin after the rune, by the old rule of Go's strings.Title."""
    if rune < "\x80":
        return not (rune.isalnum() or rune == "_")
    if rune.isalpha() or rune.isdecimal():
        return False
    return rune in SPACES


def _untitle(value: bytes) -> bytes:
    parts: list[str] = []
    starts = True
    for rune in govalues.valid_text(value):
        is_space = rune in SPACES
        parts.append(govalues.lower_rune(rune) if starts and not is_space else rune)
        starts = is_space or (starts and is_space)
    return "".join(parts).encode()


def _repeat(context: Context, count: int, value: bytes) -> bytes:
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    if len(value) * count > govalues.INT_MAX:
        raise FunctionError("strings: Repeat output length overflow")
    context.budget.hold(len(value) * count)
    return value * count


def _substr(start: int, end: int, value: bytes) -> bytes:
    size = len(value)
    if start < 0:
        if end < 0:
            raise FunctionError(f"runtime error: slice bounds out of range [:{end}]")
        if end > size:
            raise FunctionError(f"runtime error: slice bounds out of range [:{end}] with length {size}")
        return value[:end]
    if end < 0 or end > size:
        end = size
    if start > end:
        raise FunctionError(f"runtime error: slice bounds out of range [{start}:{end}]")
    return value[start:end]


def _trunc(count: int, value: bytes) -> bytes:
    if count < 0:
        return value[count:] if len(value) + count > 0 else value
    return value[:count]


def _abbrev(width: int, value: bytes) -> bytes:
    return value if width < 4 else _abbreviate(value, 0, width)


def _abbrevboth(left: int, right: int, value: bytes) -> bytes:
    if right < 4 or (left > 0 and right < 7):
        return value
    return _abbreviate(value, left, right)


def _abbreviate(value: bytes, offset: int, width: int) -> bytes:
    size, keep = len(value), width - 3
    if size <= width:
        return value
    offset = min(offset, size)
    if size - offset < keep:
        offset = size - keep
    if offset <= 4:
        return value[:keep] + b"..."
    if width < 7:
        return b""
    if offset + keep < size:
        rest = value[offset:]
        return b"..." + (_abbreviate(rest, 0, keep) if keep >= 4 else b"")
    return b"..." + value[size - keep :]


def _initials(value: bytes) -> bytes:
    parts: list[str] = []
    gap = True
    for octet in value:
        if octet in _LATIN_SPACES:
            gap = True
        elif gap:
            parts.append(chr(octet))
            gap = False
    return "".join(parts).encode()


def _nospace(value: bytes) -> bytes:
    kept = [octet for octet in value if octet not in _LATIN_SPACES]
    return value if len(kept) == len(value) else "".join(map(chr, kept)).encode()


def _wrap(context: Context, width: int, value: bytes) -> bytes:
    return _wrapped(context, width, b"\n", value, breaks_words=False)


def _wrap_with(context: Context, width: int, mark: bytes, value: bytes) -> bytes:
    return _wrapped(context, width, mark or b"\n", value, breaks_words=True)


def _wrapped(context: Context, width: int, mark: bytes, value: bytes, *, breaks_words: bool) -> bytes:
    width = max(width, 1)
    parts: list[bytes] = []
    offset, size = 0, len(value)
    while size - offset > width:
        context.budget.step()
        if value[offset : offset + 1] == b" ":
            offset += 1
            continue
        end = _line_end(value, offset, width, breaks_words=breaks_words)
        parts.append(value[offset : abs(end)])
        if end == size:
            offset = size
            break
        context.budget.hold(len(mark))
        parts.append(mark)
        offset = -end if end < 0 else end + 1
    parts.append(value[offset:])
    return b"".join(parts)


def _line_end(value: bytes, offset: int, width: int, *, breaks_words: bool) -> int:
    """Where the line ends: at a blank that is dropped, or, negative, within a word."""
    blank = value.rfind(b" ", offset, offset + width + 1)
    if blank >= offset:
        return blank
    if breaks_words:
        return -(offset + width)
    blank = value.find(b" ", offset + width)
    return len(value) if blank < 0 else blank


def _contains(part: bytes, value: bytes) -> bool:
    return part in value


def _has_prefix(prefix: bytes, value: bytes) -> bool:
    return value.startswith(prefix)


def _has_suffix(suffix: bytes, value: bytes) -> bool:
    return value.endswith(suffix)


def _quote(context: Context, *values: object) -> bytes:
    texts = [shown(context, value) for value in values if value is not None]
    context.budget.hold(sum(len(text) * (2 if text.isascii() else 8) for text in texts))
    return b" ".join(map(quoting.quote, texts))


def _squote(context: Context, *values: object) -> bytes:
    return b" ".join([b"'" + shown(context, value) + b"'" for value in values if value is not None])


def _cat(context: Context, *values: object) -> bytes:
    return _joined(context, b" ", [shown(context, value) for value in values if value is not None])


def _joined(context: Context, separator: bytes, texts: list[bytes]) -> bytes:
    context.budget.hold(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _indent(context: Context, count: int, value: bytes) -> bytes:
    if count < 0:
        raise FunctionError("strings: negative Repeat count")
    context.budget.hold(count * (value.count(b"\n") + 1))
    blanks = b" " * count
    return blanks + value.replace(b"\n", b"\n" + blanks)


def _nindent(context: Context, count: int, value: bytes) -> bytes:
    return b"\n" + _indent(context, count, value)


def _replace(context: Context, old: bytes, new: bytes, value: bytes) -> bytes:
    if old:
        context.budget.hold(value.count(old) * len(new))
        return value.replace(old, new)
    runes = [govalues.encode(rune) for rune in govalues.text(value)]
    context.budget.hold((len(runes) + 1) * len(new) + len(value))
    return new + new.join(runes) + (new if runes else b"")


def _plural(one: bytes, many: bytes, count: int) -> bytes:
    return one if count == 1 else many


def _to_string(context: Context, value: object) -> bytes:
    return shown(context, value)


def _to_strings(context: Context, value: object) -> list[bytes]:
    return strings_of(context, value)


def _join(context: Context, separator: bytes, value: object) -> bytes:
    return _joined(context, separator, strings_of(context, value))


def _sort_alpha(context: Context, value: object) -> list[bytes]:
    """The texts in order; as in the reference, a list of strings is itself put in order."""
    if not isinstance(value, list):
        return Strings([shown(context, value)])
    texts = strings_of(context, value)
    texts.sort()
    return texts


def _numbered(parts: Iterable[bytes]) -> StringMap:
    return StringMap((b"_%d" % index, part) for index, part in enumerate(parts))


def _split(context: Context, separator: bytes, value: bytes) -> StringMap:
    return _numbered(_counted_pieces(context, separator, value))


def _split_n(context: Context, separator: bytes, limit: int, value: bytes) -> StringMap:
    return _numbered(_counted_pieces(context, separator, value, limit))


def _split_list(context: Context, separator: bytes, value: bytes) -> Strings:
    return Strings(_counted_pieces(context, separator, value))


def _counted_pieces(context: Context, separator: bytes, value: bytes, limit: int = -1) -> list[bytes]:
    context.budget.elements(value.count(separator) + 1)
    return pieces(separator, value, limit)


STRINGS: Final[dict[str, Function]] = {
    "hello": function(_hello, "", "string"),
    "trim": function(_trim, "string", "string"),
    "trimAll": function(_trim_all, "string, string", "string"),
    "trimall": function(_trim_all, "string, string", "string"),
    "trimSuffix": function(_trim_suffix, "string, string", "string"),
    "trimPrefix": function(_trim_prefix, "string, string", "string"),
    "upper": function(govalues.upper, "string", "string"),
    "lower": function(govalues.lower, "string", "string"),
    "title": function(_title, "string", "string", slow=True),
    "untitle": function(_untitle, "string", "string", slow=True),
    "repeat": function(_repeat, "int, string", "string", context=True),
    "substr": function(_substr, "int, int, string", "string"),
    "trunc": function(_trunc, "int, string", "string"),
    "abbrev": function(_abbrev, "int, string", "string"),
    "abbrevboth": function(_abbrevboth, "int, int, string", "string"),
    "initials": function(_initials, "string", "string", slow=True),
    "nospace": function(_nospace, "string", "string", slow=True),
    "wrap": function(_wrap, "int, string", "string", context=True, slow=True),
    "wrapWith": function(_wrap_with, "int, string, string", "string", context=True, slow=True),
    "contains": function(_contains, "string, string", "bool"),
    "hasPrefix": function(_has_prefix, "string, string", "bool"),
    "hasSuffix": function(_has_suffix, "string, string", "bool"),
    "quote": function(_quote, f"...{ANY}", "string", context=True, slow=True),
    "squote": function(_squote, f"...{ANY}", "string", context=True),
    "cat": function(_cat, f"...{ANY}", "string", context=True),
    "indent": function(_indent, "int, string", "string", context=True),
    "nindent": function(_nindent, "int, string", "string", context=True),
    "replace": function(_replace, "string, string, string", "string", context=True),
    "plural": function(_plural, "string, string, int", "string"),
    "toString": function(_to_string, ANY, "string", context=True),
    "toStrings": function(_to_strings, ANY, "[]string", context=True),
    "join": function(_join, f"string, {ANY}", "string", context=True),
    "sortAlpha": function(_sort_alpha, ANY, "[]string", context=True),
    "split": function(_split, "string, string", "map[string]string", context=True),
    "splitn": function(_split_n, "string, int, string", "map[string]string", context=True),
    "splitList": function(_split_list, "string, string", "[]string", context=True),
}
