"""docs/generators.md: every example makes the Secret that is written below it, and every message is true."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from esoctl.checking.objects import Judge
from esoctl.errors import GeneratorInvalid
from esoctl.generators import passwords
from esoctl.model.generators import Password
from esoctl.model.kinds import RESOURCES
from support.day import APPLY, a_day

PAGE = (Path(__file__).parents[2] / "docs/generators.md").read_text()
EXAMPLES = [
    pytest.param(list(yaml.safe_load_all(given)), yaml.safe_load(wanted), id=f"example-{number}")
    for number, (given, wanted) in enumerate(
        re.findall(r"```yaml\n(.*?)```\n\nGives a Secret with [^\n]*\n\n```yaml\n(.*?)```", PAGE, re.DOTALL)
    )
]
IMPOSSIBLE = re.findall(r"^\| `(\{.*\})` \| (.*) \|$", PAGE, re.MULTILINE)


def test_the_page_has_its_examples() -> None:
    assert (len(EXAMPLES), len(IMPOSSIBLE)) == (4, 7)
    assert PAGE.count("```yaml") == 2 * len(EXAMPLES)


@pytest.mark.asyncio
@pytest.mark.parametrize(("manifests", "wanted"), EXAMPLES)
async def test_an_example_makes_the_secret_below_it(manifests: list[Any], wanted: dict[str, str]) -> None:
    resources = {resource.kind: resource for resource in RESOURCES.values()}
    judge = Judge()
    assert [judge.problems(manifest) for manifest in manifests] == [[]] * len(manifests)
    async with a_day() as day:
        for manifest in manifests:
            resource, name = resources[manifest["kind"]], manifest["metadata"]["name"]
            scope = "/namespaces/team-a" if resource.namespaced else ""
            day.do("PATCH", f"/apis/{resource.api_version}{scope}/{resource.plural}/{name}", manifest, APPLY)

        await day.until(lambda: day.ready(name)[0] == "True")

        made = day.data(name) or {}
    assert made.keys() == wanted.keys()
    assert [key for key, value in made.items() if not re.fullmatch(wanted[key], value.decode())] == []


@pytest.mark.parametrize(("spec", "message"), IMPOSSIBLE)
def test_what_cannot_be_made_is_told_as_written(spec: str, message: str) -> None:
    with pytest.raises(GeneratorInvalid) as caught:
        passwords.check(msgspec.convert(yaml.safe_load(spec), Password))

    assert str(caught.value) == message
