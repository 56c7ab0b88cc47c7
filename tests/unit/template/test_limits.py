"""Whatever a template does, a render ends by itself, within bounds, as a TemplateError that names the limit."""

import hashlib

import pytest

from esoctl.errors import TemplateError
from esoctl.template import engine

ENV = engine.Env(entropy=lambda size: hashlib.shake_128(b"seed").digest(size))
CYCLE = '{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $e := dict }}{{ $_ := set $e "d" $e }}'
DAG = '{{ $d := dict }}{{ range until 40 }}{{ $d = dict "a" $d "b" $d }}{{ end }}'


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("{{ range 9223372036854775807 }}{{ end }}", id="a loop without end"),
        pytest.param('{{ repeat 1000000000 "x" }}', id="repeat"),
        pytest.param("{{ until 100000000 | len }}", id="until"),
        pytest.param("{{ seq 100000000 | len }}", id="seq"),
        pytest.param('{{ range 50 }}{{ $x := printf "%10000000d" 1 }}{{ end }}', id="printf widths"),
        pytest.param('{{ repeat 2000000 "x" }}', id="output"),
        pytest.param('{{ $s := "x" }}{{ range 60 }}{{ $s = print $s $s }}{{ end }}{{ len $s }}', id="doubling text"),
        pytest.param(
            "{{ $s := list 1 }}{{ range 60 }}{{ $s = concat $s $s }}{{ end }}{{ len $s }}", id="doubling list"
        ),
        pytest.param(CYCLE + "{{ $d }}", id="printing a dict that holds itself"),
        pytest.param(CYCLE + "{{ deepCopy $d | len }}", id="copying a dict that holds itself"),
        pytest.param(CYCLE + "{{ merge $d $e | len }}", id="merging dicts that hold themselves"),
        pytest.param(DAG + "{{ $d }}", id="printing shared dicts"),
        pytest.param(DAG + "{{ toJson $d }}", id="shared dicts as JSON"),
        pytest.param(DAG + "{{ toYaml $d }}", id="shared dicts as YAML"),
        pytest.param(DAG + "{{ deepCopy $d | len }}", id="copying shared dicts"),
        pytest.param(
            '{{ define "t" }}{{ if . }}{{ template "t" (sub . 1) }}{{ template "t" (sub . 1) }}{{ end }}{{ end }}'
            '{{ template "t" 40 }}',
            id="exponential templates",
        ),
        pytest.param("{{ " + "(add 1 " * 500 + "1" + ")" * 500 + " }}", id="nested calls"),
        pytest.param('{{ fromYaml (repeat 200000 "[") | len }}', id="nested YAML"),
        pytest.param('{{ snakecase (repeat 500000 "aB") | len }}', id="slow text functions"),
        pytest.param('{{ filterPEM "X" (repeat 100000 "\\n-----END Y-----\\n") }}', id="PEM without blocks"),
        pytest.param('{{ indent 1000000 (repeat 1000 "\\n") | len }}', id="indent"),
        pytest.param('{{ join (repeat 100000 "x") (until 1000) | len }}', id="join"),
        pytest.param('{{ regexReplaceAll "" (repeat 1000000 "ab") "xxxxxxxxxx" | len }}', id="regular expressions"),
        pytest.param("{{ randBytes 1000000000 }}", id="random bytes"),
    ],
)
def test_a_hostile_template_ends_in_an_error_that_names_the_limit(source: str) -> None:
    with pytest.raises(TemplateError, match="limit exceeded"):
        engine.render(source, {}, ENV)


@pytest.mark.parametrize(
    ("source", "want"),
    [
        pytest.param("{{ " + "(" * 9000 + "1" + ")" * 9000 + " }}", b"1", id="parentheses"),
        pytest.param("{{ if 1 }}" * 3000 + "x" + "{{ end }}" * 3000, b"x", id="blocks"),
        pytest.param('{{ fromJson (print (repeat 5000 "[") (repeat 5000 "]")) | toJson | len }}', b"10000", id="JSON"),
        pytest.param(
            CYCLE + "{{ deepEqual $d $e }}{{ toJson $d }}{{ toYaml $d }}", b"true", id="cycles compared and encoded"
        ),
        pytest.param('{{ printf "%10000000d" 1 | len }}', b"10000000", id="a wide number"),
    ],
)
def test_depth_alone_is_no_trouble(source: str, want: bytes) -> None:
    assert engine.render(source, {}, ENV) == want


def test_templates_may_call_each_other_as_deep_as_in_go() -> None:
    with pytest.raises(TemplateError, match=r"exceeded maximum template depth \(100000\)"):
        engine.render('{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}', {}, ENV)


def test_heavy_calls_are_counted() -> None:
    env = engine.Env(entropy=ENV.entropy, limits=engine.Limits(heavy=0))

    with pytest.raises(TemplateError, match="more than 0 calls of functions like bcrypt"):
        engine.render('{{ bcrypt "x" }}', {}, env)


@pytest.mark.parametrize(
    "source",
    ['{{ toDate (repeat 4000 "ab") "x" }}', '{{ toDate "x" (repeat 4000 "ab") }}', '{{ date (repeat 99999 "2") now }}'],
)
def test_a_layout_or_time_of_unreasonable_length_is_refused(source: str) -> None:
    with pytest.raises(TemplateError, match=r"limit exceeded: a (time|layout)"):
        engine.render(source, {}, ENV)


def test_a_deadline_is_asked_for_while_rendering() -> None:
    env = engine.Env(expired=lambda: True)

    with pytest.raises(TemplateError, match="out of time"):
        engine.render("{{ range 100000 }}{{ end }}", {}, env)


def test_a_source_too_long_is_refused() -> None:
    with pytest.raises(TemplateError, match="source of more than"):
        engine.render("x" * (2 << 20), {}, ENV)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        pytest.param('{{ mustRegexMatch (repeat 10001 "a") "x" }}', "expression too large", id="a pattern"),
        pytest.param(
            '{{ semverCompare (repeat 20000 ">1 ") "1.0.0" }}', "improper constraint: too long", id="versions"
        ),
    ],
)
def test_a_pattern_has_a_greatest_size(source: str, problem: str) -> None:
    with pytest.raises(TemplateError, match=problem):
        engine.render(source, {}, ENV)


def test_output_counts_however_small_its_pieces_are() -> None:
    env = engine.Env(limits=engine.Limits(output=100))

    assert engine.render("{{ range 100 }}x{{ end }}", {}, env) == b"x" * 100
    with pytest.raises(TemplateError, match="output of more than 100 bytes"):
        engine.render("{{ range 101 }}x{{ end }}", {}, env)


def test_templates_that_follow_one_another_are_not_nested() -> None:
    env = engine.Env(limits=engine.Limits(calls=2))
    nested = '{{ define "a" }}a{{ end }}{{ define "b" }}{{ template "a" }}{{ template "a" }}{{ end }}'

    assert engine.render(nested + '{{ template "b" }}{{ template "b" }}{{ template "a" }}', {}, env) == b"aaaaa"
    with pytest.raises(TemplateError, match="exceeded maximum template depth"):
        engine.render(nested + '{{ define "c" }}{{ template "b" }}{{ end }}{{ template "c" }}', {}, env)
