"""toYaml: the order of keys, and what it does not write."""

import pytest

from esoctl.errors import TemplateError
from esoctl.template import engine


def render(source: str) -> str:
    return engine.render(source, {}, engine.Env()).decode()


def test_keys_stand_in_the_order_of_their_numbers() -> None:
    source = '{{ dict "a11" 1 "a10" 1 "a01" 1 "a1" 1 "a00" 1 "a" 1 "ab" 1 "a2" 1 "a100" 1 | toYaml }}'

    assert [line.split(":")[0] for line in render(source).splitlines()] == [
        "a", "a00", "a1", "a01", "a2", "a10", "a11", "a100", "ab",
    ]  # fmt: skip


def test_a_key_too_long_for_yaml_gives_nothing() -> None:
    assert render('[{{ dict (repeat 2000 "a") 1 | toYaml }}]') == "[]"


def test_a_number_in_a_key_has_a_limit() -> None:
    with pytest.raises(TemplateError, match="a key with a number of more than 4000 digits"):
        render('{{ dict (printf "a%s" (repeat 4001 "1")) 1 (printf "a%s" (repeat 4001 "2")) 1 | toYaml }}')
