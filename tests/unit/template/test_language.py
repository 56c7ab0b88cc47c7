"""The constructs of the language and what they give."""

import pytest

from esoctl.errors import TemplateError
from esoctl.template import engine

ENV = engine.Env()
DATA = {
    "user": b"ivy",
    "pass": b"p@ss",
    "bin": b"\xff\x00",
    "json": b'{"n": 1000000, "l": [1, null, "x"], "o": {"k": "v"}}',
}


def render(source: str) -> str:
    return engine.render(source, DATA, ENV).decode()


@pytest.mark.parametrize(
    ("source", "want"),
    [
        pytest.param("{{ .user }}", "ivy", id="field"),
        pytest.param("a {{- .user -}} b", "aivyb", id="trim marks"),
        pytest.param("{{/* gone */}}x", "x", id="comment"),
        pytest.param('{{ "a" | print "b" }}', "ba", id="the piped value is the last argument"),
        pytest.param("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2", id="assignment reaches outwards"),
        pytest.param("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1", id="declaration stays inside"),
        pytest.param('{{ if eq .user "ivy" }}y{{ else if true }}m{{ else }}n{{ end }}', "y", id="if"),
        pytest.param('{{ with "" }}a{{ else with .user }}{{ . }}{{ end }}', "ivy", id="else with"),
        pytest.param("{{ range $i, $v := list 7 8 }}{{ $i }}{{ $v }} {{ end }}", "07 18 ", id="range with index"),
        pytest.param("{{ range list 1 2 3 }}{{ if eq . 2 }}{{ break }}{{ end }}{{ . }}{{ end }}", "1", id="break"),
        pytest.param("{{ range 3 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ . }}{{ end }}", "02", id="continue"),
        pytest.param("{{ range list }}x{{ else }}none{{ end }}", "none", id="range else"),
        pytest.param('{{ range $k, $v := dict "b" 1 "a" 2 }}{{ $k }}{{ end }}', "ab", id="maps in order of keys"),
        pytest.param('{{ define "t" }}[{{ . }}]{{ end }}{{ template "t" 5 }}', "[5]", id="define and template"),
        pytest.param('{{ block "b" . }}{{ .user }}{{ end }}', "ivy", id="block"),
        pytest.param("{{ (fromJson .json).o.k }}", "v", id="fields of a call"),
        pytest.param("{{ index (fromJson .json).l 2 }}", "x", id="index"),
        pytest.param("{{ or 0 1 (fail `never`) }}", "1", id="or stops early"),
        pytest.param("{{ and 0 (fail `never`) }}", "0", id="and stops early"),
        pytest.param("{{ ((((.user)))) }}", "ivy", id="parentheses"),
        pytest.param("{{ 'a' }} {{ 0x1F }} {{ 017 }} {{ 1_000 }} {{ 1e3 }}", "97 31 15 1000 1000", id="numbers"),
        pytest.param("{{ 9223372036854775807 | add 1 }}", "-9223372036854775808", id="integers overflow silently"),
    ],
)
def test_a_construct_gives_what_go_gives(source: str, want: str) -> None:
    assert render(source) == want


@pytest.mark.parametrize(
    ("source", "want"),
    [
        pytest.param("{{ (fromJson .json).n }}", "1e+06", id="large floats"),
        pytest.param("{{ fromJson .json }}", "map[l:[1 <nil> x] n:1e+06 o:map[k:v]]", id="maps and nil within"),
        pytest.param('{{ index (dict) "x" }}', "<no value>", id="nil alone"),
        pytest.param('{{ print 1 2 "a" "b" 3 }}', "1 2ab3", id="blanks between non-strings"),
        pytest.param('{{ printf "%05d|%-4s|%x|%q|%v" 42 "a" "hi" "t" nil }}', '00042|a   |6869|"t"|<nil>', id="verbs"),
        pytest.param('{{ printf "%d" "x" }}', "%!d(string=x)", id="a verb that does not fit"),
        pytest.param('{{ printf "%[2]d %[1]d" 1 2 }}', "2 1", id="argument numbers"),
        pytest.param('{{ printf "%#v" (dict "a" 1) }}', 'map[string]interface {}{"a":1}', id="Go syntax"),
        pytest.param(
            '{{ printf "%x %X %.2e %b" 1.5 1.5 12345.678 1.0 }}',
            "0x1.8p+00 0X1.8P+00 1.23e+04 4503599627370496p-52",
            id="floats",
        ),
        pytest.param('{{ printf "%v %5.1f" (float64 "inf") (float64 "-inf") }}', "+Inf  -Inf", id="infinities"),
        pytest.param('{{ toYaml (dict "a" "x...") }}', "a: x...", id="a YAML value that ends in dots"),
        pytest.param(
            '{{ (fromYaml "? [x]: =\\n").Error | trunc 30 }}', "error converting YAML to JSON:", id="odd YAML keys"
        ),
        pytest.param("{{ .bin | quote }}", '"\\xff\\x00"', id="bytes that are no text"),
    ],
)
def test_values_print_as_in_go(source: str, want: str) -> None:
    assert render(source) == want


def test_bytes_survive_unchanged() -> None:
    assert engine.render("<{{ .bin }}>", DATA, ENV) == b"<\xff\x00>"


@pytest.mark.parametrize(
    ("source", "want", "place"),
    [
        pytest.param(
            "x\n{{ .nope }}",
            'template: tpl:2:3: executing "tpl" at <.nope>: map has no entry for key "nope"',
            (2, 4),
            id="missing key",
        ),
        pytest.param("{{ nosuch }}", 'template: tpl:1: function "nosuch" not defined', (1, 0), id="unknown function"),
        pytest.param("{{ .user", "template: tpl:1: unclosed action", (1, 0), id="unclosed"),
        pytest.param("{{ if true }}", "template: tpl:1: unexpected EOF", (1, 0), id="no end"),
        pytest.param(
            "{{ upper 1 }}",
            'template: tpl:1:9: executing "tpl" at <1>: expected string; found 1',
            (1, 10),
            id="wrong literal",
        ),
        pytest.param(
            "{{ eq .user 1 }}",
            'template: tpl:1:3: executing "tpl" at <eq .user 1>: error calling eq: '
            "incompatible types for comparison: string and int",
            (1, 4),
            id="comparison",
        ),
        pytest.param(
            "{{ .user.x }}",
            'template: tpl:1:8: executing "tpl" at <.user.x>: can\'t evaluate field x in type string',
            (1, 9),
            id="field of a string",
        ),
        pytest.param(
            '{{ fail "no" }}',
            'template: tpl:1:3: executing "tpl" at <fail "no">: error calling fail: no',
            (1, 4),
            id="fail",
        ),
    ],
)
def test_an_error_says_where_and_what(source: str, want: str, place: tuple[int, int]) -> None:
    with pytest.raises(TemplateError) as caught:
        render(source)

    assert str(caught.value) == want
    assert (caught.value.line, caught.value.column) == place


def test_columns_of_error_texts_count_bytes_and_those_of_the_error_count_characters() -> None:
    with pytest.raises(TemplateError, match=r"tpl:1:9:") as caught:
        render("é☃ {{ .nope }}")

    assert caught.value.column == 7


def test_a_missing_entry_prints_no_value_where_missing_is_not_an_error() -> None:
    assert engine.render_text("{{ .value }}-{{ .nope }}", {b"value": b"v"}, ENV) == b"v-<no value>"


def test_delimiters_are_part_of_the_environment() -> None:
    env = engine.Env(delimiters=("[[", "]]"))

    assert engine.render("[[ .user ]] {{ .user }}", DATA, env) == b"ivy {{ .user }}"


def test_a_template_name_with_a_percent_sign_garbles_the_text_as_in_go() -> None:
    with pytest.raises(TemplateError, match=r"template: 100%!:\(string=x\)1:3:"):
        engine.render("{{ .x }}", {}, engine.Env(name="100%"))


@pytest.mark.parametrize(
    ("source", "want"),
    [
        pytest.param("{{ range 1 }}{{ . }}{{ end }}", "0", id="once"),
        pytest.param("{{ range 0 }}x{{ else }}none{{ end }}", "none", id="never"),
        pytest.param(
            '{{ upper "ŉß" }}|{{ title "ŉß" }}|{{ lower "İ" }}', "ŉß|ŉß|i", id="runes without one of the other case"
        ),
        pytest.param(
            "{{ $x := 1 }}{{ range 0 }}{{ else }}{{ $x := 2 }}{{ end }}{{ $x }}", "1", id="a variable of an else"
        ),
        pytest.param(
            '{{ define "t" }}{{ $x := 2 }}{{ end }}{{ $x := 1 }}{{ template "t" }}{{ $x }}', "1", id="of a template"
        ),
    ],
)
def test_small_numbers_odd_letters_and_inner_variables(source: str, want: str) -> None:
    assert engine.render(source, {}, engine.Env()).decode() == want
