"""Templates chosen by hand for Go's engine to answer: the corners that random ones seldom reach.

Each group is a template with one or more fields ``{…}`` to fill, and what to put there; every combination that is
listed is one row. Data is the same for all.
"""

from __future__ import annotations

from collections.abc import Iterator

from grammar import Case

DATA = {"a": "abc", "b": "", "user": "Ivy", "list": "x,y,z", "json": '{"n": 1.5, "t": true, "l": [1, "é", null]}'}
FULL = "2006-01-02T15:04:05.999999999Z07:00"
MOMENT = f'(toDate "{FULL}" "2023-07-09T04:05:06.120340Z")'

LAYOUTS = (
    "2006-01-02", "06-1-2", "Jan _2 2006", "January 02 2006", "Mon", "Monday", "Mondays", "Jane", "002", "__2", "_2",
    "_2006", "15:04:05", "3:4:5 PM", "03:04pm", ".000", ",000000", ".999", ".999999", "05.00", "05.9999", "05,99",
    "MST", "-07", "-0700", "-07:00", "-070000", "-07:00:00", "Z07", "Z0700", "Z07:00", "Z070000", "Z07:00:00", "",
    "plain text", "2006 2006", "1504", "20060102150405",
)  # fmt: skip
ZONES = ("UTC", "", "Local", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Nowhere/At_All")
READ = (
    ("2006-01-02", "2023-02-30"), ("2006-01-02", "2024-02-29"), ("2006-01-02", "2023-02-29"),
    ("2006-01-02", "2023-13-01"), ("2006-01-02", "2023-00-01"), ("2006-01-02", "2023-01-00"),
    ("2006-01-02", "2023-1-02"), ("2006-01-02", "2023-01-02x"), ("2006-01-02", "x2023-01-02"), ("2006-01-02", ""),
    ("06-01-02", "69-01-02"), ("06-01-02", "68-01-02"), ("06-01-02", "6-01-02"), ("06", "+1"),
    ("Jan 2 2006", "Feb 3 2021"), ("Jan 2 2006", "feb 3 2021"), ("Jan 2 2006", "Xyz 3 2021"),
    ("January 2 2006", "March 3 2021"), ("January 2 2006", "Mar 3 2021"), ("Mon Jan 2", "Tue Mar 9"),
    ("Monday", "Sunday"), ("Monday", "Noday"), ("_2 Jan", " 7 May"), ("_2 Jan", "17 May"), ("002 2006", "032 2023"),
    ("002 2006", "366 2023"), ("002 2006", "366 2024"), ("002 2006", "000 2024"), ("__2 2006", "  9 2024"),
    ("__2 2006", " 99 2024"), ("002 01 2006", "032 03 2023"), ("002 02 2006", "032 02 2023"), ("002", "12"),
    ("15:04:05", "23:59:59"), ("15:04:05", "24:00:00"), ("15:04:05", "23:60:00"), ("15:04:05", "23:59:60"),
    ("3:04PM", "12:30AM"), ("3:04PM", "12:30PM"), ("3:04PM", "1:30PM"), ("3:04PM", "13:30PM"), ("3:04PM", "1:30XM"),
    ("3:04pm", "1:30pm"), ("3:04pm", "1:30PM"), ("3:04PM", "1:30"), ("15:04:05", "10:11:12.25"),
    ("15:04:05", "10:11:12,25"), ("15:04:05.000", "10:11:12.250"), ("15:04:05.000", "10:11:12.25"),
    ("15:04:05.999", "10:11:12"), ("15:04:05.999", "10:11:12.123456789123"), ("15:04:05,000", "10:11:12,250"),
    ("15:04:05 MST", "10:11:12 UTC"), ("15:04:05 MST", "10:11:12 CET"), ("15:04:05 MST", "10:11:12 GMT+3"),
    ("15:04:05 MST", "10:11:12 GMT-24"), ("15:04:05 MST", "10:11:12 +05"), ("15:04:05 MST", "10:11:12 WITA"),
    ("15:04:05 MST", "10:11:12 ABCD"), ("15:04:05 MST", "10:11:12 AMSST"), ("15:04:05 MST", "10:11:12 ABCDE"),
    ("15:04:05 MST", "10:11:12 ChST"), ("15:04:05 MST", "10:11:12 xx"), ("15:04 Z07:00", "10:11 Z"),
    ("15:04 Z07:00", "10:11 +02:00"), ("15:04 Z07:00", "10:11 +25:00"), ("15:04 Z07:00", "10:11 +02:61"),
    ("15:04 -0700", "10:11 -0330"), ("15:04 -0700", "10:11 0330"), ("15:04 -07", "10:11 -03"),
    ("15:04 -07:00:00", "10:11 -03:30:15"), ("15:04 -070000", "10:11 +013015"), ("15:04 Z070000", "10:11 Z"),
    ("15:04 -07:00", "10:11 Z"), ("2006  01", "2021  07"), ("2006 01", "2021   07"), ("2006 01", "2021x07"),
    ("é 2006", "é 2021"), ('a"2006', 'a"2021'), ('"2006', "x2021"), ("2006\\\\", "2021/"), ("2006", "20"),
    ("2006-01-02 15:04:05 -0700 MST", "2021-03-04 05:06:07 +0100 CET"), ("Z07:00", "Y"), ("-07", "x"), ("1", "0"),
)  # fmt: skip
CONSTRAINTS = (
    "1.2.3", "=1.2.3", "!=1.2.3", "!=1.2", "!=1", "!=1.x", "!=1.2.x", "!=*", ">1.2.3", ">1.2", ">1", ">1.x", ">=1.2",
    ">=1", "<1.2.3", "<1.2", "<2", "<=1.2", "<=1", "<=1.x", "~1.2.3", "~1.2", "~1", "~>1.2", "^1.2.3", "^1.2", "^0.2.3",
    "^0.0.3", "^0", "^0.0", "*", "x", "", "1.x || 3.x", ">=1.0 <2.0", ">=1.0, <2.0", "1.0 - 2.0", "1.2.3-beta",
    ">1.2.3-alpha", "^1.2.3-rc.1", "~1.2.3-beta.2", "=>1.0", "=<2.0", ">>1", "abc", "1.2.3.4", ">=01.2.3", "|| 1",
    "^99999999999999999999", "v1.2.3", "==1.2.3",
)  # fmt: skip
VERSIONS = ("1.2.3", "1.2", "2.0.0", "0.2.4", "0.0.3", "1.2.3-beta", "1.2.3-rc.1+build", "1.3.0", "0.2.3", "3.1.0")
ODD_VERSIONS = (
    "", "v1", "1.2.3.4", "1.2.3-01", "1.2.3-a.01", "01.2.3", "1.2.3+", "1.2.3-", "1..3", "a.b.c", "1.2.3-é",
    "99999999999999999999.0.0", "1.2.3-x.7.z.92+b.1", "1.2-rc1",
)  # fmt: skip
PRERELEASES = (
    ("1.0.0-alpha", "1.0.0-alpha.1"), ("1.0.0-alpha.1", "1.0.0-alpha.beta"), ("1.0.0-beta.2", "1.0.0-beta.11"),
    ("1.0.0-rc.1", "1.0.0"), ("1.0.0-1", "1.0.0-a"), ("1.0.0-a", "1.0.0-1"), ("1.0.0-b", "1.0.0-a"),
    ("1.0.0+a", "1.0.0+b"), ("2.1.0", "2.0.9"), ("1.0.0-a.b", "1.0.0-a.b"), ("1.0.0-a.b.c", "1.0.0-a.b"),
)  # fmt: skip
URLS = (
    "http://user:pw@host:80/p/a?q=1&r=%20#frag", "https://host", "//host/x", "/x/y", "*", "mailto:a@b.c", "http://h?",
    "http://[::1]:80/", "http://[::1/", "http://[fe80::1%25eth0]/", "http://[fe80::1%25%41]/", "http://h/%zz",
    "http://h%20x/", "http://h%25x/", "http://a b/", "http://h:port/", "http://h:/", "1http://h", ":x", "http:x/y",
    "http://us%3Aer@h", "http://u@v@h", "http://h/a b", "http://h/é", "http://h/#a%zzb", "http://h/#é x", "", "?a=b",
    "http://u:p%2@h/", "http://[::1]x/", "HTTP://H/", "http://h/;p=1", "a/b:c", "a:b", "http://h/%2F%41", "\\x7f",
)  # fmt: skip
PARTS = (
    '"scheme" "https" "host" "h:1" "path" "/a b" "query" "q=1" "fragment" "f" "userinfo" "u:p"',
    '"scheme" "mailto" "opaque" "a@b"', '"host" "h"', '"path" "x"', '"scheme" "s" "host" "h" "path" "x"',
    '"scheme" "http" "userinfo" "u"', '"userinfo" "u:p@x" "host" "h"', '"host" 1', '"path" "//x"', '"query" "a b"',
)  # fmt: skip
VERBS = (
    "%#v", "%#q", "%+q", "%q", "%x", "% x", "%#x", "%# x", "%X", "%.2x", "%.3s", "%8.3s|", "%-8s|", "%08d", "%+08d",
    "% 08d", "%-08d|", "%+.3d", "%.0d", "%5.3d", "%o", "%#o", "%O", "%#O", "%b", "%#b", "%c", "%U", "%#U", "%8U",
    "%t", "%T", "%e", "%E", "%f", "%F", "%g", "%G", "%#g", "%#.3g", "%#e", "%.3g", "%+g", "% g", "%08.2f", "%+08.2f",
    "%-8.1f|", "%x", "%.2x", "%.0x", "%#x", "%v", "%+v", "%6v|", "%06v", "%.1v", "%w", "%z", "%!", "%", "%é", "%%",
    "%5%", "%[1]v", "%[2]v", "%[0]v", "%[x]v", "%[1", "%[1]", "%[3]*d", "%[1]*[2]v", "%[1]*v", "%[2]*[1]v", "%*v",
    "%.*v", "%.[2]*v", "%-*v|", "%99999999d", "%.99999999d", "%9999999999d", "%[9999999]v", "%+-#0 d", "%.d", "%.-1d",
    "%.[1]v", "%[1].3v", "%[1]2v", "%[1].*v",
)  # fmt: skip
VALUES = (
    "1", "-42", "0", "255", '"abc"', '"é☺\\x00"', '"a`b"', '""', "1.5", "-0.0", "1e21", "1e-7", "12345678.9", "true",
    "nil", "'x'", "(list 1 \"a\" nil)", "(list)", '(dict "k" 1 "a" (list 2))', "(dict)", "1i", "(int64 7)",
    "(float64 3)", "(until 3)", "(splitList \",\" .list)", ".", ".b", '(fromJson .json)',
)  # fmt: skip
NUMBERS = (
    "0x1F", "0X1f", "-0x1F", "0b101", "0o17", "017", "08", "1_000", "_1", "1_", "1__0", "0x_1", "0x1p4", "0x1.8p1",
    "0x1p-2", "0x1", "0x.8p0", "0x1p99999", "1e3", "1e400", "-1e400", "1e-400", ".5", "5.", "1.e2", "Inf", "-inf",
    "NaN", "nan", "+3", "++3", " 3", "3 ", "", "-", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1.7976931348623157e308", "4.9e-324",
    "true", "abc", "0b2", "0o8", "1_000.5", "0x1_0p1", "infinity", "1e", "1e+", "é", "99999999999999999999999",
)  # fmt: skip
TO_NUMBER = ("int", "int64", "float64", "atoi", "toDecimal", "add1", "floor", "ceil", "round 1.2345 |", "toString")
LITERALS = (
    "0x1F", "0b11", "0o17", "017", "1_000", "0x_F", "1e3", "1.5e-3", "0x1p4", "'a'", "'\\n'", "'\\''", "'\\x41'",
    "'\\101'", "'\\u00e9'", "'é'", "''", "'ab'", "'\\q'", "'\\400'", "'\\ud800'", '"\\x41\\101\\u00e9\\U0001F600"',
    '"\\q"', '"\\400"', '"\\ud800"', '"\\x4"', '"\\u12"', '"\\12"', '"\\U00110000"', '"\\a\\b\\f\\n\\r\\t\\v\\\\\\""',
    "`raw\\n`", '"a\nb"', "1i", "1.5i", "0x1i", "1e400", "-9223372036854775808", "9223372036854775808", "1.0", "+5",
    "1..2", "0xG", "1_", "08", "0b2", ".5", "5.",
)  # fmt: skip
DURATIONS = (
    "1h30m", "90s", "1.5h", "100ms", "1us", "1µs", "1ns", "0", "-1h", "+2m", "", "1", "h", "1x", "1h1", ".5s", "1.s",
    "9999999h", "9223372036854775807ns", "9223372036854775808ns", "1h-1m", "24h", "8760h", "25h61m61s", "0.5ms", "é",
)  # fmt: skip
TEXT_CALLS = (
    "abbrev 5 {}", "abbrevboth 5 10 {}", "trunc 3 {}", "trunc -3 {}", "initials {}", "wrap 4 {}",
    "wrapWith 4 \"-\" {}", "substr 1 3 {}", "substr -1 3 {}", "substr 1 -1 {}", "substr 3 1 {}", "snakecase {}",
    "camelcase {}", "kebabcase {}", "title {}", "untitle {}", "swapcase {}", "nospace {}", "quote {}", "squote {}",
    "cat {} {}", "plural \"one\" \"many\" 2", "b64enc {}", "b32enc {}", "sha1sum {}", "sha256sum {}", "adler32sum {}",
    "toJson {}", "toRawJson {}", "toPrettyJson {}", "urlquery {}", "js {}", "html {}", "indent 2 {}", "nindent 2 {}",
    "trimAll \"-\" {}", "splitn \"-\" 2 {}", "split \"-\" {}", "regexMatch \"[a-z]+\" {}",
    "regexFindAll \"[a-z]\" {} 2", "regexFind \"[0-9]+\" {}", "regexReplaceAll \"(a)(b)?\" {} \"${{2}}$1$0\"",
    "regexReplaceAllLiteral \"a\" {} \"$1\"", "regexSplit \"-\" {} -1", "regexQuoteMeta {}", "regexMatch {} \"x\"",
    "mustRegexMatch {} \"x\"", "fromJson {}", "mustFromJson {}", "repeat 2 {}", "repeat -1 {}", "len {}",
    "printf \"%q\" {}", "print {} {}", "println {} {}", "base {}", "dir {}", "ext {}", "clean {}", "isAbs {}",
    "osBase {}", "first {}", "last {}", "rest {}", "has \"a\" {}", "reverse {}", "uniq {}", "without {} \"a\"",
    "compact {}", "slice {} 1 2", "index {} 0", "empty {}", "default \"d\" {}", "kindOf {}", "typeOf {}",
    "kindIs \"string\" {}", "deepEqual {} {}", "ternary 1 2 {}", "coalesce {} 1", "all {} 1", "any {} 0",
    "hasPrefix \"a\" {}", "contains {} \"abc\"", "replace \"a\" \"b\" {}", "sortAlpha {}", "join \"-\" {}",
    "toStrings {}", "pick {} \"k\"", "omit {} \"k\"", "get {} \"k\"", "hasKey {} \"k\"", "dig \"k\" \"d\" {}",
    "set {} \"n\" 1", "unset {} \"k\"", "merge {} (dict \"z\" 1)", "deepCopy {}", "chunk 2 {}", "concat {} (list 1)",
    "append {} 1", "prepend {} 1", "seq 1 2 {}", "until {}", "untilStep 0 {} 1", "max 1 {}", "min 1 {}", "mod 5 {}",
    "div 5 {}", "sub 5 {}", "mul 5 {}", "addf 1 {}", "divf 1 {}", "and {} 1", "or {} 1", "not {}", "eq {} {}",
    "lt {} 1", "le 1 {}", "duration {}", "durationRound {}", "unixEpoch {}", "semver {}", "urlParse {}", "fail {}",
    "atoi {}", "toDecimal {}", "call {}", "trim {}", "lower {}", "splitList \"-\" {}",
)  # fmt: skip
ARGUMENTS = (
    '"ab-c d"', '""', '"é☺A1"', "7", "-3", "2.5", "true", "nil", '(list "b" "a" "b" "")', '(dict "k" "v" "a" 1)', "'x'",
)  # fmt: skip

TIMES = (
    "{m}.Year", "{m}.Month", "{m}.Day", "{m}.Weekday", "{m}.YearDay", "{m}.Hour", "{m}.Minute", "{m}.Second",
    "{m}.Nanosecond", "{m}.Unix", "{m}.UnixMilli", "{m}.UnixMicro", "{m}.UnixNano", "{m}.UTC", "{m}.String",
    "{m}.IsZero", "{m}.Location", '{m}.Format "Jan 2"', "{m}.AddDate 1 2 3",
    "{m}.AddDate 0 -7 -40", "{m}.Equal {m}", "{m}.Before {m}", "{m}.After {m}", "{m}.Compare {m}", "{m}.Sub {m}",
    '{m}.Add (mustToDuration "1h")', '{m} | printf "%v %s %d"', '{m} | printf "%q"', "{m} | toJson", "{m} | toString",
    "{m} | kindOf", "{m} | typeOf", "{m}.Nothing", "{m}.Year 1", "{m}.Format", "{m} | len", "{m} | not", "if {m}",
    "eq {m} {m}", "lt {m} {m}", "deepEqual {m} {m}", "default 1 {m}", "{m}.Month.String", '{m}.Month | printf "%d %s"',
    '{m}.Weekday | printf "%d %v %q"', "{m}.Month | add1", "eq {m}.Month 7", "list {m}", 'dict "t" {m}',
    "({m}.Sub {m}).String", "({m}.Sub (toDate \"2006\" \"2022\")).Hours", "{m}.Sub (toDate \"2006\" \"2022\")",
    "({m}.Sub (toDate \"2006\" \"2022\")).Seconds", "({m}.Sub (toDate \"2006\" \"2024\")).Minutes",
    "({m}.Sub (toDate \"2006\" \"2022\")).Milliseconds", "({m}.Sub (toDate \"2006\" \"2022\")).Nanoseconds",
    "{m}.Round ({m}.Sub (toDate \"2006-01-02\" \"2023-07-08\"))",
    "{m}.Truncate ({m}.Sub (toDate \"2006-01-02\" \"2023-07-08\"))", "{m}.Round ({m}.Sub {m})",
    "({m}.Sub (toDate \"2006\" \"2022\")).Round ({m}.Sub (toDate \"2006-01-02\" \"2023-07-08\"))",
    "({m}.Sub (toDate \"2006\" \"2022\")).Truncate ({m}.Sub {m})", "({m}.Sub (toDate \"2006\" \"2024\")).Abs",
    "{m}.Truncate ({m}.Sub {m})", '({m}.Sub {m}) | printf "%d %v %T"', "({m}.Sub {m}) | toJson",
)  # fmt: skip
CERTIFICATES = (
    'genSelfSignedCert "cn" (list) (list 1) 1', 'genSelfSignedCert "cn" (list 1) (list) 1',
    'genSelfSignedCert "cn" (list "999.1.1.1") (list) 1', 'genSelfSignedCert "cn" (list "::1%z") (list) 1',
    'genSelfSignedCert "cn" nil (list "é") 1', 'genCA "cn"', 'genSelfSignedCert "cn" "x" (list) 1',
    'genCAWithKey "cn" 1 "no key"', 'genSelfSignedCertWithKey "cn" nil nil 1 "no key"',
    'genCAWithKey "cn" 1 "-----BEGIN ODD-----\\nYWJj\\n-----END ODD-----\\n"',
    'buildCustomCert "!" "YQ=="', 'buildCustomCert "YQ==" "!"', 'buildCustomCert "YQ==" "YQ=="',
    'buildCustomCert "" ""',
    'genPrivateKey "odd"', 'genSignedCert "cn" nil nil 1 "no authority"',
    'encryptAES "k" ""', 'decryptAES "k" "!"', 'decryptAES "k" (b64enc "sixteen letters.")',
    'decryptAES "k" (b64enc "sixteen letters.sixteen letters.")', 'derivePassword 1 "odd" "p" "u" "s"',
    'derivePassword 1 "long" "password" "user" "example.com"', 'derivePassword 2 "pin" "password" "user" "example.com"',
)  # fmt: skip

ODD_JSON = (
    '1"', "1'", "[1 2]", "[1}", '{"a":1]', '"\\q"', '"\\', '"\\u12x"', '"\\u12', "1.", "1.x", "1e", "1ex", "1e+",
    "1e+x",
    "1.5.2", "01", "-", "-x", '"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '{"a" 1}', "{,}", '{"a":}', "[,]",
    "[1,]", "nul", "nulx", "tru ", '"a', '"\t"', "[", "{", '{"a"', '{"a":1', "[]]", "1e999", '{"a":1e999}', "é",
    '"\\/"',
)  # fmt: skip
CORNERS = (
    'repeat 10001 "[" | mustFromJson', 'mustToJson (float64 "NaN")', 'mustToJson (float64 "-Inf")',
    "deepEqual (list 1) (list 1 2)", 'deepEqual (dict "a" 1) (dict "b" 1)', 'deepEqual (dict "a" 1) (dict "a" 2)',
    'deepEqual (dict "a" (list 1)) (dict "a" (list 1))', 'deepEqual (dict "a" 1) (dict)',
    'toDecimal "7777777777777777777777777"', 'addf (float64 "Inf") 1', 'divf 1 (float64 "NaN")',
    "round 1.5 400", "round 1.5 -400", "round 0 -400", "round -1.5 -400", "round 1234.5 -2", "round 1.5 -330",
    'duration "99999999999999999999"', 'duration "-99999999999999999999"', "chunk -1 (list 1)", "chunk 0 (list 1)",
    'chunk -1 (list)', 'clean "../../a"', 'clean "a/../../b"', 'clean "/../a"', 'regexSplit "a" "banana" 0',
    'regexSplit "" "abc" -1', 'regexSplit "a" "abca" -1', 'regexSplit "^" "abc" -1', 'regexSplit "a*" "baac" -1',
    'regexReplaceAll "a*" "baac" "x"', 'regexReplaceAll "" "\\xffé" "-"',
    'regexReplaceAll "b*" "abc" "${1}-"', 'semverCompare "<=1.2.3" "1.2.3"', 'semverCompare "<=1.2.3" "1.2.4"',
    'semverCompare "=<1.2.3" "1.2.2"', 'splitn "-" 0 "a-b"', 'splitn "-" -1 "a-b-c"', 'splitn "" 2 "abc"',
    'abbrevboth 3 6 "abcdefghijklmnop"', 'abbrevboth 5 8 "abcdefghijklmnop"', 'abbrevboth 20 10 "abcdefghijklmnopqrst"',
    'abbrevboth 12 10 "abcdefghijklmnop"', 'abbrevboth 5 7 "abcdefghijklmnop"', 'abbrevboth 4 6 "abc"',
    'abbrev 3 "abcd"',
    'abbrevboth 10 20 "abcdefghijklmnopqrstuvwxyzabcdef"', 'indent -1 "a"', 'nindent -1 "a"',
    'urlParse "http://[::1%25%3c]/"', 'urlParse "http://[::1%25<]/"', 'urlParse "http://[::1%25%20]/"',
    'urlParse "http://[::1%25%zz]/"', 'urlJoin (dict "scheme" nil)', 'urlJoin (dict "path" nil "host" "h")',
    'snakecase "a1b"', 'snakecase "HTTPServer2Go"', 'snakecase "ab-1c"', 'snakecase "1a2b"', 'snakecase "a!1b"',
    'snakecase "HTTP"', 'snakecase "a_1"', 'snakecase "A1B2"', 'kebabcase "a.b1 c"', 'camelcase "a-1b"',
    'camelcase "http_server"', 'snakecase "ǅab"', 'snakecase "1_a"', 'kebabcase "1-AB"', 'snakecase "aB1C!d"',
    'snakecase "FOO:BAR"', 'snakecase "a--b"', 'camelcase "__a_b"', "randAlpha -1", "randBytes -1", "randAlpha 0",
    'eq 1 "a"', 'eq (list 1) "a"', "eq (list) 1", "eq (dict) (list)", "eq . 1", "eq nil 1", "eq 1 nil", "eq nil nil",
    "ne (list) (list)", 'eq 1 2 "a"', "len nil", "len 1", "(nil).x", "nil.x", '(dict "a" nil).a.b', '(dict "a" 1).a 5',
    '(dict "a" 1).b 5', '(dict "a" 1).a.b', ".a 5", ".a.b", "call nil", "call 1", "nil | print", "nil", "print nil",
    "1 | .a", '"x" | (print 1)', "$.a 5", "$x", "$.nothing.more", "(list).x", "(index . 1).x", "(print 1 | len).x",
    "index nil 1", "index (list) nil", "slice nil 1", "and", "not", "list nil | first | len", "(first (list nil)).x",
    "with $x := 1", "($x := 1).y", "($x := nosuch).y", "1+2i", "1+2", "1i+2i", "+1i", "1+xi", "1+i", "1-2i", "1.5+2.5i",
    "$x : 1", "-", "1 -", ". -", "/* x", "/* x */ 1", "abcdefghijklmnopqrstuvwxyz", ".a.(b)", '.abcdefghijklmnop"x"',
    '"abcdefghijklmnopqrst" "x" |', "'abcdefghijklmnop", "| 1", "1 |", "(1", "1)", ".1x", "..", "$", "$$", "a b c",
    "1 2",
    '"a\\qb"', "`a", ".é", "é", "#", "\\x01", "!", ".a!", "=", ":=", ",", "1, 2", "nil | nil", "true false", "break",
    'decryptAES "k" (b64enc "short")', 'printf "%s" nil', 'printf "%#v" nil',
    'printf "%v" (semver "1.2.3")', 'printf "%s" (list nil 1)', 'printf "%#v" (list nil "a")',
    'printf "%d" (dict "a" nil)',
    'dig "a" "b" "d" (dict "a" (dict "b" 1))', 'dig "a" "b" "d" (dict "a" 1)', 'dig "a" (dict)', 'dig "d" (dict)',
    'atoi "+"', f'atoi "-{"1" * 401}"', f'atoi "{"0" * 401}7"', f'toDecimal "{"1" * 401}"', 'toDecimal "18"',
    f'atoi "{"1" * 401}"', f'int64 "{"1" * 401}"', f'float64 "{"1" * 401}"', f'float64 "0.{"1" * 401}"',
)  # fmt: skip
APART = (
    "06.120340", "06.120339", "06.120341", "06.120339999", "06.120340001", "06.119", "06.12", "05.620340", "06.1203385",
    "06.620340", "07.120340", "00.000000",
)  # fmt: skip
WRITTEN = (
    "{{/* a", "{{/* a */", "{{/* a */ 1}}", "{{- /* a */ -}} b", "a {{-}} b", "{{ -}} b", "{{1 -}} b", "{{.a -}}b",
    "{{- .a}}", "{{-.a}}", "{{", "{{ if", "{{ if }}", "{{ if 1 }}", "{{ end }}", "{{ else }}",
    "{{ if 1 }}{{ else }}{{ else }}",
    "{{ range }}", "{{ range $a, $b, $c := . }}{{ end }}", "{{ range $a = . }}{{ end }}", "{{ define x }}",
    '{{ define "x" }}',
    '{{ template "x" }}', '{{ template "x" 1 2 }}', "{{ template }}", '{{ block "x" }}', "{{ break }}",
    "{{ continue }}",
    "{{ with }}{{ end }}", "{{ if $x := nosuch }}{{ end }}", "{{ $x, $y := 1 }}", "{{ $x = 1 }}",
    "{{ $x := 1 }}{{ $x 1 }}",
    "{{ with $x := 1 }}{{ $x.y }}{{ end }}", "{{ if $x := 1 }}{{ ($x | print).y }}{{ end }}", "{{ .\n}}", "{{\n.a\n}}",
    '{{ define "x" }}{{ .a.b }}{{ end }}{{ template "x" . }}', "{{ (print .a | printf `%s`).b }}", "a\n{{ .b.c }}",
    "{{ range 3 }}{{ .x }}{{ end }}", "{{ range $i := 3 }}{{ $i.x }}{{ end }}", "{{ $x := 1 }}{{ $x = .a.b }}",
    "{{ ($x := .a.b) }}", "{{ if ($x := 1).y }}{{ end }}", '{{ template "x" ($x := 1).y }}',
    "{{ with .b }}{{ else with .a.c }}{{ end }}",
)  # fmt: skip


def cases() -> Iterator[tuple[str, Case]]:
    """Every row with its name."""
    for group, templates in _groups().items():
        for number, template in enumerate(templates):
            yield f"{group}-{number:03}", Case(template, DATA)


def _groups() -> dict[str, list[str]]:
    moment = [f'{{{{ {MOMENT} | date "{layout}" }}}}' for layout in LAYOUTS]
    zoned = [f'{{{{ dateInZone "2006-01-02 15:04 -07:00" {MOMENT} "{zone}" }}}}' for zone in ZONES]
    read = [f'{{{{ mustToDate "{layout}" "{text}" }}}}' for layout, text in READ]
    lenient = [f'{{{{ toDate "{layout}" "{text}" | unixEpoch }}}}' for layout, text in READ[:12]]
    versions = [f'{{{{ semver "{text}" }}}}' for text in (*VERSIONS, *ODD_VERSIONS)]
    compared = [f'{{{{ (semver "{one}").Compare (semver "{two}") }}}}' for one, two in PRERELEASES]
    durations = [f'{{{{ durationRound "{text}" }}}} {{{{ duration "{text}" }}}}' for text in DURATIONS]
    durations += [
        f'{{{{ {MOMENT} | dateModify "{text}" | date "2006-01-02T15:04:05.999999999" }}}}' for text in DURATIONS
    ]
    return {
        "layout": moment,
        "zone": zoned,
        "read": read,
        "lenient": lenient,
        "version": versions + compared,
        "constraint": [f'{{{{ semverCompare "{want}" "{have}" }}}}' for want in CONSTRAINTS for have in VERSIONS],
        "url": [f'{{{{ urlParse "{text}" }}}}' for text in URLS],
        "url-join": [f"{{{{ urlJoin (dict {parts}) }}}}" for parts in PARTS],
        "printf": [f'{{{{ printf "{verb}" {value} }}}}' for verb in VERBS for value in VALUES],
        "printf-more": [f'{{{{ printf "{verb}" 3 {value} 5 }}}}' for verb in VERBS for value in ("2", '"s"', "2.5")],
        "number": [f'{{{{ {call} "{text}" }}}}' for call in TO_NUMBER for text in NUMBERS],
        "literal": [f"{{{{ {literal} }}}}" for literal in LITERALS],
        "duration": durations,
        "time": [f"{{{{ {call.replace('{m}', MOMENT)} }}}}" for call in TIMES],
        "certificate": [f"{{{{ {call} }}}}" for call in CERTIFICATES],
        "json": [f"{{{{ mustFromJson `{text}` }}}}" for text in ODD_JSON],
        "corner": [f"{{{{ {call} }}}}" for call in CORNERS],
        "apart": [f'{{{{ ({MOMENT}.Sub (toDate "{FULL}" "2023-07-09T04:05:{text}Z")).String }}}}' for text in APART],
        "written": list(WRITTEN),
        "call": [f"{{{{ {call.format(value, value)} }}}}" for call in TEXT_CALLS for value in ARGUMENTS],
    }
