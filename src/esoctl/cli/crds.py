"""``esoctl crds``: the CustomResourceDefinitions on standard output."""

from pathlib import Path

import click

from esoctl.crds import generate, pages


@click.command()
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write one file for each definition into this folder.",
)
@click.option("--fields", is_flag=True, help="Print the page about every field, as Markdown.")
def command(into: Path | None, *, fields: bool) -> None:
    """Print all CustomResourceDefinitions as YAML."""
    if fields:
        click.echo(pages.page(), nl=False)
        return
    documents = {_file(definition): generate.as_yaml(definition) for definition in generate.all_crds()}
    if into is None:
        click.echo("---\n".join(documents.values()), nl=False)
        return
    into.mkdir(parents=True, exist_ok=True)
    for name, text in documents.items():
        (into / name).write_text(text)


def _file(definition: dict[str, object]) -> str:
    metadata = definition["metadata"]
    assert isinstance(metadata, dict)
    return f"{str(metadata['name']).partition('.')[0]}.yaml"
