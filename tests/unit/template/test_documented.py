"""docs/templates.md: every example renders to the result that is written below it."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from esoctl.cli.template import command

PAGE = Path(__file__).parents[3] / "docs/templates.md"
SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_ten_examples() -> None:
    assert len(SECTIONS) == 10


@pytest.mark.parametrize("section", [pytest.param(each, id=each.partition("\n")[0]) for each in SECTIONS])
def test_an_example_gives_the_secret_below_it(section: str, tmp_path: Path) -> None:
    manifest, values, result = BLOCK.findall(section)
    (tmp_path / "es.yaml").write_text(manifest)
    (tmp_path / "values.yaml").write_text(values)

    made = CliRunner().invoke(command, ["-f", str(tmp_path / "es.yaml"), "--data", str(tmp_path / "values.yaml")])

    assert made.exit_code == 0, made.stderr
    assert yaml.safe_load(made.stdout) == yaml.safe_load(result)
    assert all(yaml.safe_load(result)["stringData"].values())


def test_a_missing_key_fails_before_default_is_asked(tmp_path: Path) -> None:
    manifest = next(each for each in SECTIONS if each.startswith("Optional keys"))
    text = BLOCK.findall(manifest)[0].replace('index . "port" |', ".port |")
    (tmp_path / "es.yaml").write_text(text)

    made = CliRunner().invoke(command, ["-f", str(tmp_path / "es.yaml")])

    assert made.exit_code == 1
    assert 'map has no entry for key "port"' in made.stderr
