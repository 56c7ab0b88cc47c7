import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esoctl.errors import TemplateError
from esoctl.model.external_secret import Template
from esoctl.model.meta import Meta
from esoctl.model.values import Values
from esoctl.plan import masking, render
from esoctl.template.engine import Env

ES = Meta("team", "app", "uid-1")
SECRETS = st.from_regex(r"[A-Za-z0-9!#$%&+_]{7,24}[0-9]", fullmatch=True)
FAILING = (
    "{{ fail .plain }}",
    "{{ fail (fromJson .document).password }}",
    '{{ mustToDate "2006-01-02" (fromJson .document).password }}',
    "{{ fail (upper (fromJson .document).password) }}",
    "{{ fail (b64dec .encoded) }}",
    '{{ fail (printf "found %s here" (trunc 7 .plain)) }}',
    "{{ fail (toJson (fromYaml .document)) }}",
    '{{ range splitList "," .listed }}{{ fail . }}{{ end }}',
    '{{ index (dict "a" 1) (fromJson .document).password | mustToDate }}',
    "{{ mustRegexMatch (print (fromJson .document).password `(`) .plain }}",
)


def failed(template: str, values: Values) -> str:
    with pytest.raises(TemplateError) as caught:
        render.render(ES, Template(data={"out": template}), values, {}, Env())
    return str(caught.value)


@pytest.mark.parametrize("template", FAILING)
@given(secret=SECRETS)
@settings(max_examples=40, deadline=None)
def test_no_part_of_a_fetched_value_is_in_a_templates_error(template: str, secret: str) -> None:
    values = Values(
        {
            "plain": secret.encode(),
            "document": json.dumps({"user": "ivy", "password": secret}).encode(),
            "encoded": base64.b64encode(json.dumps({"k": secret}).encode()),
            "listed": f"{secret},other".encode(),
        }
    )

    text = failed(template, values).lower()

    parts = {secret[at : at + 6].lower() for at in range(len(secret) - 5)}
    assert not [part for part in parts if part in text]


def test_the_functions_own_words_stay() -> None:
    values = Values({"document": b'{"date": "parsing the time: 31-31-31"}'})

    text = failed('{{ mustToDate "2006-01-02" (fromJson .document).date }}', values)

    assert 'error calling mustToDate: parsing time <value> as "2006-01-02": cannot parse <value> as' in text
    assert "31-31" not in text


def test_what_the_template_says_itself_stays() -> None:
    values = Values({"password": b"tr0ub4dor&3"})

    assert "fail: no region is set" in failed('{{ fail "no region is set" }}', values)


@pytest.mark.parametrize("value", [b"line one\nsecond line", b'say "hi" twice', "größe".encode()])
def test_a_quoted_value_is_hidden_as_well(value: bytes) -> None:
    text = masking.masked(f"before {json.dumps(value.decode(), ensure_ascii=False)} after", [value])

    assert text == 'before "<value>" after'


def test_a_very_short_value_is_left_because_words_are_made_of_such() -> None:
    assert masking.masked("error calling fail: not so", [b"no", b"so"]) == "error calling fail: not so"


def test_a_long_sentence_is_cut() -> None:
    text = masking.masked("error calling fail: " + "z" * 5000, [b"tr0ub4dor&3"])

    assert text.endswith("z (cut)")
    assert len(text) < 2100
