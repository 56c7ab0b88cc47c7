"""What generated specs and values are made of: for each field what is sensible, and what is not.

Pools are found by the end of a field's path (``extract.key`` before ``key``); each holds the sensible texts and the odd
ones. ``PRESENT`` is how often an optional field is there, in percent. Every value holds ``MARK`` or ``NUMBER``.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

Json = Any

MARK = "zq7Kx9Vw3Jt5Hp"
NUMBER = "8317460952817"
"""The mark of values that are numbers."""

REMOTE = (
    "db", "json", "nested", "first", "second", "binary", "nul", "base64", "broken", "empty", "array", "number", "dup",
    "latin", "yaml", "odd/keys", "a.b", "absent", "failing",
)  # fmt: skip
"""Keys that ``VAULT`` knows, but for the last two, and ``FOREIGN`` ones that examples fill."""
FOREIGN = ("any", "some")
RARE = ("many", "large")

_BIG = 10_000
LONGEST = 65_536


def _document(**members: Json) -> bytes:
    return json.dumps(members).encode()


VAULT: Mapping[str, bytes] = {
    "db": f"pw {MARK}/=".encode(),
    "json": _document(user=MARK, password=f"p {MARK}", port=int(NUMBER), none=None, yes=True),
    "nested": _document(a={"b": [{"c": MARK}, {"c": f"2{MARK}"}], "a.b": MARK}, items=[{"name": "x", "v": MARK}]),
    "first": _document(x=_document(user=MARK).decode(), user=MARK),
    "second": _document(x=_document(user=f"2{MARK}").decode(), user=MARK, more="m" + MARK),
    "binary": bytes(range(256)) + MARK.encode(),
    "nul": b"\0" + MARK.encode() + b"\0",
    "base64": base64.b64encode(MARK.encode()),
    "broken": base64.b64encode(MARK.encode())[:-3] + b"!",
    "empty": b"",
    "array": json.dumps([MARK, {"a": MARK}, 1]).encode(),
    "number": NUMBER.encode(),
    "dup": f'{{"a": "{MARK}", "a": "2{MARK}", "a": {NUMBER}}}'.encode(),
    "latin": f'{{"{chr(233)}": "{MARK}"}}'.encode("latin-1"),
    "yaml": f"user: {MARK}\nlist: [1, {MARK}]\n".encode(),
    "odd/keys": json.dumps({"a b": MARK, "a/b": MARK, "é": MARK, "": MARK, "..": MARK, "x" * 300: MARK}).encode(),
    "a.b": MARK.encode(),
    "many": json.dumps({f"key{index}": f"{MARK}{index}" for index in range(_BIG)}).encode(),
    "large": (MARK * (LONGEST // len(MARK) + 1)).encode()[:LONGEST],
}

HOSTILE = (
    "", " ", "\0", "a\0b", "é", "😀", "\u202eabc", "..", "../../etc", "a/b", "A" * 300, "x" * 20_000, "{{", "{{ .x }}",
    "null", "a\r\nb", "\ufeff", "\uff13", "-", "a b", "'", '"', "%s%n", "$1", "\x7f\x85\u2028", "1" * 400, "true", "~",
    "@",
)  # fmt: skip
WRONG = (
    None, True, 0, -1, 2**31, 2**63, 2**70, 1.5, 1e300, "text", "", [], {}, [[]], {"a": 1}, [None], {"": {}}, ["a"],
    [{"secretKey": "x"}], {"key": 3},
)  # fmt: skip

_DURATIONS = ("0", "0s", "1h", "1h0m0s", "24h", "90m", "1.5h", "-1h", "2540400h", "1h1h", "+1h", "8760h")
_ODD_DURATIONS = (
    "1d", "", "h", "1", "1 h", "9999999h", "1e3s", ".5h", ".h", "1h-1m", "\uff19h", "0x1h", "9223372036854775807ns",
    "9223372036854775808ns", "1ns", "1us", "1µs", "999999h", "1" * 90 + "h", "0." + "9" * 80 + "h", "-2562047h",
)  # fmt: skip
_SCHEDULES = (
    "@daily", "@hourly", "0 8 * * *", "*/5 * * * *", "0 0 29 2 *", "0 0 31 2 *", "@every 1h", "@every 1s",
    "0-59 * * * *",
)  # fmt: skip
_ODD_SCHEDULES = (
    "@never", "* * * *", "60 * * * *", "* * * * * *", "TZ=Europe/Berlin 0 2 * * *", "CRON_TZ=No/Where 0 2 * * *",
    "@every", "@every -1h", "@every 99999999h", "*/0 * * * *", "5-1 * * * *", "a b c d e", "0 0 0 0 0",
    "*/99999999999 * * * *", "TZ=../../etc/passwd 0 2 * * *", "TZ= 0 2 * * *", "1,,2 * * * *", "- - - - -",
    "@every 1ns",
)  # fmt: skip
_PATTERNS = (
    ".*", "^(.)(.*)$", "(?P<n>[a-z]+)", "[^a-zA-Z0-9]", "b", "", "$", "^", "(a+)+$", "\\pL", "(?i)DB", "(x)?(.)",
    "^key", "é",
)  # fmt: skip
_ODD_PATTERNS = (
    "(", "[", "a**", "(?=x)", "(?<!x)", "\\C", "x{1001}", "((a{100}){100}){100}", "\0", "a" * 11_000, "(?P<é>x)",
    "\\", "[[:foo:]]", "(?P<n>a)(?P<n>b)", "*", "\\8", "(?z)", "[b-a]",
)  # fmt: skip
_PROPERTIES = (
    "user", "password", "port", "none", "a.b", "a\\.b", "a.b.0.c", "#", "a.b.#.c", "*", "items.#(name==\"x\").v",
    "@this", "@keys", "x.user", "a.b.1", "yes", "p*",
)  # fmt: skip
_ODD_PROPERTIES = (
    "@pretty", "..0", "@flatten|@reverse", "{user,password}", "[user,port]", "a.#(b==\"c\")#|#", "#(", "@join:{",
    "~true", "@valid", "@tostr|@fromstr", "a." * 500, "*" * 200 + "x", "\\", "|", "@nope", "!\"lit\"", "a\0b",
    "99999999999999999999", "#.#.#.#", "@ugly", "@dig:c", "items.#(name%\"*\")#.v", "@values|0", "@group",
)  # fmt: skip

TEMPLATES = (
    "plain", "{{ .password }}", "{{ .password | b64enc }}", "{{ .user }}:{{ .password }}", "{{ toJson . }}",
    "é\u2028\x7f", "{{ range $k, $v := . }}{{ $k }}={{ $v }}\n{{ end }}", '{{ index . "password" }}', "{{ len . }}",
    "{{ .user | upper }}", '{{ if .user }}a{{ else }}b{{ end }}', "{{ .password | quote }}",
    "{{ .password | sha256sum }}", "{{ 1 }}", "", '{{ .json | fromJson | toYaml }}',
)  # fmt: skip
ODD_TEMPLATES = (
    "{{", "{{ end }}", "{{ .missing }}", "{{ .password.x.y }}", "{{ fail .password }}",
    "{{ atoi .password | until }}", "\0", '{{ mustToDate "2006-01-02" .password }}',
    '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}', '{{ regexMatch "(" .password }}',
    '{{ mustRegexMatch .password "x" }}', "{{ index .password 99999 }}", "{{ dict 1 }}", "{{ substr 5 1 .password }}",
    '{{ env "HOME" }}', "{{ .password | b64dec }}", "{{ fromYaml .password }}", "{{ nope }}",
    "{{ mustFromJson .password }}", "{{ (fromJson .password).a.b }}", "{{ list 1 2 | join .password }}", "{{ . }}",
    '{{ printf "%!%d%z" .password }}', "{{ .password | int | add 1 }}", "{{ div 1 0 }}", "{{ mod .password 0 }}",
    '{{ template "none" }}', "{{ .password | pemToPkcs12 }}", "{{ .password | x509 }}", '{{ "\\xff\\x00" }}', "{{/*",
    "{{ break }}", "{{ get . .password }}", "{{ first .password }}", "{{ slice .password 99 }}",
    "{{ .password | b32dec }}", "{{ semver .password }}", "{{ call .password }}", "{{ urlParse .password }}",
    "{{ toDecimal .password }}", "{{ duration .password }}", "}}", "{{ `", "{{ filterPEM .password .password }}",
    "{{ jwkPublicKeyPem .password }}", "{{ pkcs12key .password }}", "{{ .password | hexdec }}", "{{ $x }}",
    "{{ with $x := .password }}{{ $x.y }}{{ end }}", "{{ mustRegexFind .password .password }}", "{{ set . \"a\" 1 }}",
    "{{ toDate .password .password }}", "{{ .password | decryptAES .password }}", "{{ coalesce }}", "{{ ternary }}",
    "{{ seq .password }}",
)  # fmt: skip
EXPENSIVE = (
    '{{ repeat 100000000 "x" }}', "{{ range until 1000000 }}x{{ end }}", '{{ printf "%*d" 100000000 1 }}',
    '{{ printf "%0999999d" 1 }}', "{{ range $a := until 900 }}{{ range $b := until 900 }}x{{ end }}{{ end }}",
    "{{ untilStep 0 100000000 1 }}", '{{ $s := "x" }}{{ range until 40 }}{{ $s = print $s $s }}{{ end }}',
    "{{ randAlphaNum 100000000 }}",
)  # fmt: skip
MADE_UP = ("{{ now }}", "{{ uuidv4 }}", "{{ randAlphaNum 5 }}")
"""Another text at each render."""
_MAPPINGS = (
    "a: b", "a: {{ .password | toJson }}", "{{ range $k, $v := . }}{{ $k }}: {{ $v | toJson }}\n{{ end }}", "",
    "null", "{}", "a: 1\nb: true\nc: 0123", "'a': null",
)  # fmt: skip
_ODD_MAPPINGS = (
    "{{ .password }}: x", "a: [", "- 1", "a: 1\na: 2", "&a [*a]", "a: &x [1]\nb: *x", "!!binary ==", "a: {b: c}",
    "a: {{ .password }}", "<<: {a: b}", "? [a]\n: b", "'': x", "..: x", "é: x", "a/b: x", "{{ .password }}",
    "a: {{ .json }}", "\t", "a: 'b", "%YAML 9", "*a", "a: !!int x", "1: 2", "{{ .password }}: 1\n{{ .password }}: 2",
    "a: b: c", "{{ .yaml }}", "a: 2001-01-01", "[" * 500, "a: |\n  x",
)  # fmt: skip
KEYS = ("password", "user", "json", "yaml", "a.b", "A_1", "x" * 253, "tls.crt")
_TYPES = ("Opaque", "kubernetes.io/tls", "kubernetes.io/basic-auth", "custom/type", "")
_ODD_TYPES = (
    "kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token", "kubernetes.io/dockerconfigjson", "a b",
    "\0", "x" * 300, "helm.sh/release.v1", "kubernetes.io/ssh-auth",
)  # fmt: skip
_LABEL_KEYS = ("app", "example.com/part", "x_y.z")
_ODD_LABEL_KEYS = (
    "a b", "", "/", "é", "kubernetes.io/service-account.name", "reconcile.external-secrets.io/managed", "x" * 64,
    "a/b/c", "reconcile.external-secrets.io/data-hash", "kubectl.kubernetes.io/last-applied-configuration", "-a",
)  # fmt: skip
_TARGETS = ("", "Data", "Labels", "Annotations", "data", "labels")
_ODD_TARGETS = (
    "spec",
    "metadata.name",
    "data.x",
    "metadata.finalizers",
    "a[0].b",
    "a[99999]",
    "..",
    "stringData",
    "type",
    "DATA ",
)

POOLS: Mapping[str, tuple[tuple[Json, ...], tuple[Json, ...]], tuple[tuple[Json, ...], tuple[Json, ...]]] = {
    "refreshInterval": (_DURATIONS, (*_ODD_DURATIONS, 60, -5, 10**12, 10**18, 2**63 - 1)),
    "retryInterval": (_DURATIONS, _ODD_DURATIONS),
    "duration": (("1h", "30m", "24h", "8760h"), (*_ODD_DURATIONS, "0", "-1h")),
    "schedule": (_SCHEDULES, _ODD_SCHEDULES),
    "secretStoreRef.name": (("aws", "aws", "aws", "other"), ("nowhere", "foreign", "broken", "UPPER")),
    "storeRef.name": (("aws", "aws", "other", "cluster"), ("nowhere", "foreign", "broken", "")),
    "generatorRef.name": (("fake", "password", "uuid", "cluster"), ("nowhere", "foreign", "broken")),
    "generatorRef.kind": (
        ("Fake", "Password", "UUID", "ClusterGenerator"),
        ("Webhook", "ECRAuthorizationToken", "Nothing"),
    ),
    "generatorRef.apiVersion": (
        ("generators.external-secrets.io/v1alpha1",),
        ("v1", "generators.external-secrets.io/v2", ""),
    ),
    "remoteRef.key": (("db", "db", "json", *REMOTE[:-2], *FOREIGN), (*REMOTE, *RARE)),
    "extract.key": (("json", "json", "nested", "first", "second", "dup", "any"), (*REMOTE, *RARE)),
    "property": (_PROPERTIES, _ODD_PROPERTIES),
    "version": (("", "AWSPREVIOUS", "uuid/3"), ("é", "x" * 3000)),
    "secretKey": (KEYS, ("..", ".", "..a", "a/b", "x" * 254)),
    "find.path": (("", "/", "a", "app/"), ("//", "\0")),
    "find.name.regexp": (_PATTERNS, _ODD_PATTERNS),
    "regexp.source": (_PATTERNS, _ODD_PATTERNS),
    "regexp.target": (
        ("", "_", "$1", "${1}x", "$n", "x", "a$2", "pre-$0"),
        ("$$", "${", "$99", "y" * 1000, "é", "a/b", "$", "${n", "\0"),
    ),
    "transform.template": (
        ("{{ .value }}", "{{ .value | upper }}", "x_{{ .value }}", '{{ .value | replace "/" "_" }}'),
        ODD_TEMPLATES,
    ),
    "merge.into": (("merged", "json"), ("", "a/b", "é")),
    "merge.priority": (("x", "json", "db"), ("nowhere",)),
    "template.data": ((*TEMPLATES, *MADE_UP), (*ODD_TEMPLATES, *EXPENSIVE)),
    "metadata.labels": (
        ("a", "plain", "{{ .user | trunc 3 }}", ""),
        (*ODD_TEMPLATES, "a b", "{{ .password }}", "x" * 64),
    ),
    "metadata.annotations": (TEMPLATES, ODD_TEMPLATES),
    "metadata.finalizers": (("example.com/wait",), ("kubernetes", "external-secrets.io/x", "a b", "")),
    "literal": (_MAPPINGS, _ODD_MAPPINGS),
    "template.type": (_TYPES, _ODD_TYPES),
    "templateFrom.target": (_TARGETS, _ODD_TARGETS),
    "configMap.name": (("texts",), ("nowhere", "..")),
    "secret.name": (("texts",), ("nowhere", "..")),
    "items.key": (("greeting", "mapping"), ("bad", "nokey", "hostile")),
    "target.name": (("renamed", "renamed2"), ("", "hand-made", "UPPER", "a/b", "..", "x" * 300)),
    "manifest.apiVersion": (("v1",), ("apps/v1", "nope.io/v1", "", "v1/v2/v3", "rbac.authorization.k8s.io/v1")),
    "manifest.kind": (
        ("ConfigMap", "ConfigMap", "Secret"),
        ("Pod", "ServiceAccount", "Deployment", "Namespace", "Role", "Nope", ""),
    ),
    "namespaces": (("team-a",), ("*", "UPPER")),
    "namespaceRegexes": (("team-.*", ".*"), _ODD_PATTERNS),
    "controller": (("", ""), ("another",)),
    "maxRetries": ((0, 1, 5), (-1, 2**31, 2**40, 10**6)),
    "key": (("access", "user", "app"), ("nowhere",)),
    "name": (("keys", "app"), ("nowhere",)),
    "length": ((1, 8, 24, 64), (0, -1, 10**9, 2**62)),
    "region": (("eu-west-1", "us-east-1"), ("nowhere", "eu-west-1/../x", "cn-north-1")),
    "data.value": ((f"fake {MARK}", _document(user=MARK).decode()), ("", "\0")),
}
MAP_KEYS = {
    "template.data": (KEYS, ("a/b", "..", "", "é", "x" * 254)),
    "metadata.labels": (_LABEL_KEYS, _ODD_LABEL_KEYS),
    "metadata.annotations": (_LABEL_KEYS, _ODD_LABEL_KEYS),
}
PRESENT = {
    "secretStoreRef": 100, "data": 80, "dataFrom": 50, "target": 70, "template": 50, "manifest": 6,
    "immutable": 10, "syncWindows": 15, "refreshPolicy": 30, "sourceRef": 15, "rewrite": 50, "metadata": 30,
    "templateFrom": 40, "remoteRef": 100, "name": 96, "target.name": 20, "find.property": 0, "regexp": 90,
    "binding": 0, "into": 80, "key": 100, "property": 12, "version": 8, "aws.auth": 30, "auth": 0,
    "engineVersion": 10, "decodingStrategy": 12, "valuesDecodingStrategy": 12, "nullBytePolicy": 20,
    "metadataPolicy": 8, "templateAs": 50, "controller": 20, "role": 30, }  # fmt: skip
CURIOUS = (
    b"", b"\0",
    b"{}", b"null", b"[]", b'""', b"\xef\xbb\xbf{}", b'{"a": 1e400}', b'{"a": "\\ud800"}', b'{"\\ud800": "a"}',
    b"{" * 2000, b"[" * 20_000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b'{"a": -0}', b'{"a": 1' + b"0" * 400 + b"}",
    b'{"a": 0.1e-400}', b'{"a": NaN}', b"{'a': 1}", b'{"a": 1,}', b"\xff\xfe{\0}\0", b'{"a": "\t"}', b'{"": ""}',
    b'{"a": 01}', b'{"..": "x", ".": "y"}', b'{"a/b": 1, "a_b": 2}',
    b"-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n", b'{"a": {"a": {"a": 1}}}', b'  {"a" : 1 }  ',
    b'{"a": "\\u0000"}', b"\r\n" * 100, b"---\na: 1\n...\n", b'{"a":1}{"b":2}',
)  # fmt: skip
