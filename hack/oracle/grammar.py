"""Random templates and data over a grammar of our own, for comparing the engine with Go's.

What is drawn depends on the source of randomness alone: a seeded one gives the same template on every machine, one of
Hypothesis a template that it can shrink. Functions are the language's own and those of sprig whose
outcome does not depend on order, time, chance or Go types that only exist there.
"""

from __future__ import annotations

import random
from typing import NamedTuple

WORDS = ("", "a", "abc", "Ivy", "p@ss word", "0", "12", "-3", "4.5", "true", "a,b,c", " x ", "é€", "line\\nline")
NUMBERS = ("0", "1", "2", "-7", "10", "0x1F", "1e3", "2.5", "-0.25", "1_000", "'x'", "017", "9223372036854775807")
VERBS = ("%v", "%d", "%s", "%q", "%5d", "%-6s|", "%05d", "%x", "%X", "%o", "%b", "%t", "%T", "%+v", "%#v", "%.2f", "%e")
VERBS += ("%g", "%8.3f", "%c", "%U", "%%", "%+d", "%#x", "%6.2v", "%!", "%[1]v", "%*d", "% d", "% x")
KEYS = ("a", "b", "user", "list")
TEXT_1 = ("upper", "lower", "title", "untitle", "trim", "nospace", "swapcase", "quote", "squote", "b64enc", "b32enc")
TEXT_1 += ("sha1sum", "sha256sum", "adler32sum", "html", "js", "urlquery", "len", "toString", "atoi", "int", "float64")
TEXT_2 = ("hasPrefix", "hasSuffix", "contains", "trimPrefix", "trimSuffix", "trimAll", "splitList", "cat")
NUMBER_1 = ("add1", "floor", "ceil", "int", "int64", "float64", "toString")
NUMBER_2 = ("add", "sub", "mul", "max", "min", "addf", "subf", "mulf", "maxf", "minf")
LIST_1 = ("first", "last", "rest", "initial", "reverse", "uniq", "compact", "len", "toStrings", "sortAlpha", "toJson")
PIPED = ("cat", "default", "and", "or", "print", "add", "list", "eq", "has")
TRUTHS = ("true", "false", "true", "false", "1")
COMPARE = ("eq", "ne", "lt", "le", "gt", "ge")


class Case(NamedTuple):
    """A template and its data."""

    template: str
    data: dict[str, str]


class Grammar:
    """Draws templates; what it declares as variables may be used below."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._names: list[str] = []
        self._calls = False

    def case(self) -> Case:
        data = {key: self._pick(WORDS).replace("\\n", "\n") for key in KEYS if self._chance(0.97)}
        defined = self._defined() if self._chance(0.15) else ""
        self._calls = bool(defined) or self._chance(0.03)
        return Case(defined + self._body(3), data)

    def _pick(self, among: tuple[str, ...]) -> str:
        return self._draw.choice(among)

    def _chance(self, share: float) -> bool:
        return self._draw.random() < share

    def _defined(self) -> str:
        body = self._body(1)
        self._names.clear()
        return f'{{{{ define "t" }}}}{body}{{{{ end }}}}'

    def _body(self, depth: int) -> str:
        outer = list(self._names)
        body = "".join(self._item(depth) for _ in range(self._draw.randint(1, 3)))
        self._names = outer
        return body

    def _item(self, depth: int) -> str:
        kinds = [self._text, self._printed, self._printed, self._declared, self._assigned]
        if depth:
            kinds += [self._if, self._range, self._with]
        return self._draw.choice(kinds)(depth)

    def _text(self, _depth: int) -> str:
        if self._calls and self._chance(0.2):
            return '{{ template "t" . }}'
        return self._pick(("x", " ", "\n", "key: ", "}", "{ ", "\t- ", "é", "{{/* c */}}", "{{- /* c */ -}} "))

    def _open(self) -> str:
        return self._pick(("{{", "{{ ", "{{- "))

    def _close(self) -> str:
        return self._pick(("}}", " }}", " -}}"))

    def _printed(self, _depth: int) -> str:
        return self._open() + self._pipeline() + self._close()

    def _declared(self, _depth: int) -> str:
        value = self._pipeline()
        name = self._pick(("$x", "$y", "$z"))
        self._names.append(name)
        return f"{self._open()}{name} := {value}{self._close()}"

    def _assigned(self, depth: int) -> str:
        if not self._names:
            return self._declared(depth)
        return f"{{{{ {self._draw.choice(self._names)} = {self._pipeline()} }}}}"

    def _if(self, depth: int) -> str:
        middle = f"{{{{ else if {self._pipeline()} }}}}{self._body(depth - 1)}" if self._chance(0.3) else ""
        last = f"{{{{ else }}}}{self._body(depth - 1)}" if self._chance(0.5) else ""
        return f"{{{{ if {self._pipeline()} }}}}{self._body(depth - 1)}{middle}{last}{{{{ end }}}}"

    def _with(self, depth: int) -> str:
        last = f"{{{{ else }}}}{self._body(depth - 1)}" if self._chance(0.5) else ""
        return f"{{{{ with {self._pipeline()} }}}}{self._body(depth - 1)}{last}{{{{ end }}}}"

    def _range(self, depth: int) -> str:
        head = self._pick(("", "$i, $v := ", "$v := "))
        # Never over a value that was computed: counting to a large number keeps Go busy for good.
        over = self._pick(("list 1 2 3", '(dict "a" 1 "b" 2)', "3", "(until 3)", "list", f"(list {self._values(1)})"))
        outer = list(self._names)
        self._names += ["$v"] if head else []
        stop = self._pick(("", "", "{{ break }}", "{{ continue }}", "{{ if . }}{{ break }}{{ end }}"))
        body = self._body(depth - 1)
        self._names = outer
        last = f"{{{{ else }}}}{self._body(depth - 1)}" if self._chance(0.3) else ""
        return f"{{{{ range {head}{over} }}}}{body}{stop}{body}{last}{{{{ end }}}}"

    def _pipeline(self) -> str:
        stages = [self._call(2) if self._chance(0.7) else self._value(2)]
        while self._chance(0.25):
            stages.append(self._stage())
        return " | ".join(stages)

    def _stage(self) -> str:
        """A call whose last argument comes from the pipe."""
        return self._draw.choice(
            [
                lambda: self._pick(
                    (
                        "toString",
                        "quote",
                        "print",
                        "println",
                        "toJson",
                        "int",
                        "add1",
                        "not",
                        "list",
                        "empty",
                        *TEXT_1[:3],
                        *LIST_1[:3],
                    )
                ),
                lambda: f"{self._pick(PIPED)} {self._value(1)}",
                lambda: f'printf "{self._pick(VERBS)}"',
                lambda: f"trunc {self._draw.randint(-3, 5)}",
            ]
        )()

    def _call(self, depth: int) -> str:
        return self._draw.choice(
            [
                lambda: f"{self._pick(TEXT_1)} {self._string(depth)}",
                lambda: f"{self._pick(TEXT_2)} {self._string(depth)} {self._string(depth)}",
                lambda: f"{self._pick(NUMBER_1)} {self._value(depth)}",
                lambda: f"{self._pick(NUMBER_2)} {self._value(depth)} {self._value(depth)}",
                lambda: f"{self._pick(LIST_1)} {self._list(depth)}",
                lambda: f"{self._pick(COMPARE)} {self._pair(depth)}",
                lambda: f"{self._pick(('and', 'or', 'list', 'print', 'println', 'coalesce'))} {self._values(depth)}",
                lambda: (
                    f'printf "{self._pick(VERBS)}{self._pick(("", "", " "))}{self._pick(VERBS)}" {self._values(depth)}'
                ),
                lambda: f"index {self._list(depth)} {self._draw.randint(0, 1)}",
                lambda: f'index . "{self._pick(KEYS)}"',
                lambda: f"slice {self._list(depth)} {self._draw.randint(0, 3)}",
                lambda: f"default {self._value(depth)} {self._value(depth)}",
                lambda: f"ternary {self._value(depth)} {self._value(depth)} {self._pick(TRUTHS)}",
                lambda: f"join {self._quoted()} {self._value(depth)}",
                lambda: f"replace {self._quoted()} {self._quoted()} {self._string(depth)}",
                lambda: f"repeat {self._draw.randint(0, 3)} {self._string(depth)}",
                lambda: f"indent {self._draw.randint(0, 3)} {self._string(depth)}",
                lambda: f"not {self._value(depth)}",
                lambda: f"dict {self._quoted()} {self._value(depth)} {self._quoted()} {self._value(depth)}",
            ]
        )()

    def _string(self, depth: int) -> str:
        if self._chance(0.08):
            return self._value(depth)
        if depth and self._chance(0.3):
            return f"({self._pick(('print', 'lower', 'toString', 'b64enc', 'quote'))} {self._string(depth - 1)})"
        return self._quoted() if self._chance(0.5) else f".{self._pick(KEYS)}"

    def _list(self, depth: int) -> str:
        if self._chance(0.08):
            return self._value(depth)
        return self._pick(
            (
                "(list 1 2)",
                '(list "b" "a" "b")',
                '(splitList "," .list)',
                "(until 3)",
                "(list)",
                f"(list {self._values(depth)})",
            )
        )

    def _pair(self, depth: int) -> str:
        if self._chance(0.15):
            return f"{self._value(depth)} {self._value(depth)}"
        if self._chance(0.5):
            return f"{self._string(depth)} {self._string(depth)}"
        kind = ("1", "2", "-7", "0x1F", "1_000", "'x'") if self._chance(0.7) else ("2.5", "-0.25", "4.0")
        return f"{self._pick(kind)} {self._pick(kind)}"

    def _values(self, depth: int) -> str:
        return " ".join(self._value(depth) for _ in range(self._draw.randint(1, 3)))

    def _quoted(self) -> str:
        word = self._pick(WORDS)
        return f'"{word}"' if "\\" in word or self._chance(0.8) else f"`{word}`"

    def _value(self, depth: int) -> str:
        if depth and self._chance(0.35):
            return f"({self._call(depth - 1)})"
        if self._names and self._chance(0.3):
            return self._draw.choice(self._names)
        return self._draw.choice(
            [
                self._quoted,
                self._quoted,
                lambda: self._pick(NUMBERS),
                lambda: self._pick(NUMBERS),
                lambda: f".{self._pick(KEYS)}",
                lambda: f".{self._pick(KEYS)}",
                lambda: self._pick(
                    ("true", "false", "nil", ".", "$", "$.a", "(list 1 2)", '(list "b" "a")', '(dict "k" 1)')
                ),
            ]
        )()
