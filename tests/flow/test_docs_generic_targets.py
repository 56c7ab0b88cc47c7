"""The examples of the page on targets that are no Secrets do what the page says."""

import pathlib
import re
from typing import Any

import pytest
import yaml

from support.day import Day, a_day
from support.widgets import WIDGET, serve_widgets

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "generic-targets.md"
BLOCKS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)]
EXAMPLES = list(zip(BLOCKS[::3], BLOCKS[1::3], BLOCKS[2::3], strict=True))


@pytest.mark.asyncio
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[0]["metadata"]["name"])
async def test_an_example_gives_what_the_page_says(example: tuple[Any, dict[str, str], Any]) -> None:
    manifest, values, wanted = example
    async with a_day(generic_targets=True) as day:
        serve_widgets(day)
        day.vault.values.update({key: value.encode() for key, value in values.items()})
        place = path(day, wanted)

        day.apply(manifest["kind"], manifest["metadata"]["name"], manifest["spec"])
        await day.until(lambda: day.ask("GET", place)[0] == 200)

        assert part(day.do("GET", place), wanted) == wanted


def path(day: Day, wanted: Any) -> str:
    name = wanted["metadata"]["name"]
    if wanted["kind"] == WIDGET["kind"]:
        return f"/apis/example.com/v1/namespaces/{day.namespace}/widgets/{name}"
    return day.path(wanted["kind"], name)


def part(found: Any, wanted: Any) -> Any:
    """Of what was found, what the page shows; data is shown whole."""
    if not isinstance(wanted, dict):
        return found
    return {
        key: found[key] if key in ("data", "spec") else part(found.get(key), value) for key, value in wanted.items()
    }
