"""``esoctl template``: renders the template of an ExternalSecret offline, with values of your own.

Nothing is masked: whoever calls this gave the values. Exit status: 0 when all is rendered, 1 when a template fails, 2
on misuse (no template given, a file that cannot be read or holds something else).
"""

import base64
import binascii
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NoReturn

import click
import msgspec
import yaml

from esoctl.checking import documents
from esoctl.checking.documents import Doc, Unreadable
from esoctl.cli import caret
from esoctl.errors import SpecError, TemplateError
from esoctl.model import external_secret
from esoctl.model.external_secret import ExternalSecret, Template
from esoctl.model.keys import Kind
from esoctl.model.values import Values
from esoctl.plan import render
from esoctl.plan.render import Rendered, TextRef
from esoctl.template import explained
from esoctl.template.engine import Env

EXIT_FAILED = 1
EXIT_MISUSE = 2

Held = dict[TextRef, dict[str, bytes]]


@click.command(context_settings={"show_default": True})
@click.option("-f", "--filename", "file", metavar="FILE", help="The ExternalSecret; - is standard input.")
@click.option("--data", "values", metavar="FILE", help="The fetched values, by key, as YAML or JSON.")
@click.option("--base64", "encoded", is_flag=True, help="The values are Base64.")
@click.option("--config-map", "config_maps", multiple=True, metavar="FILE", help="A ConfigMap of templateFrom.")
@click.option("--secret", "secrets", multiple=True, metavar="FILE", help="A Secret of templateFrom.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", help="How the Secret is written.")
@click.option("--left-delimiter", default="{{")
@click.option("--right-delimiter", default="}}")
@click.option("--explain", is_flag=True, help="List the functions, or explain those named.")
@click.option("--markdown", is_flag=True, help="With --explain: all of them, as a document.")
@click.argument("names", nargs=-1, metavar="[FUNCTION]...")
def command(  # noqa: PLR0913  one parameter an option, as click wants it
    *,
    file: str | None,
    values: str | None,
    config_maps: tuple[str, ...],
    secrets: tuple[str, ...],
    output: str,
    left_delimiter: str,
    right_delimiter: str,
    names: tuple[str, ...],
    encoded: bool,
    explain: bool,
    markdown: bool,
) -> None:
    """Render target.template of an ExternalSecret offline, or explain the functions of templates.

    Exit status: 0 when all is rendered, 1 when a template fails, 2 when the files cannot be used.
    """
    if explain:
        click.echo(_explained(names, markdown=markdown), nl=False)
        return
    if file is None or names:
        raise click.UsageError("name the ExternalSecret with -f, or ask for functions with --explain")
    env = Env(now=datetime.now(UTC), entropy=os.urandom, delimiters=(left_delimiter, right_delimiter))  # noqa: TID251  the real clock
    try:
        es = _external_secret(file)
        held = {**_held(Kind.CONFIG_MAP, config_maps), **_held(Kind.SECRET, secrets)}
        given = _values(values, encoded=encoded)
    except (Unreadable, SpecError) as error:
        _fail(str(error), EXIT_MISUSE)
    template = es.spec.target.template if es.spec else None
    _check_held(template, held)
    try:
        made = render.render(es.metadata, template, given, held, env)
    except TemplateError as error:
        _fail("\n".join((str(error), *caret.lines(error, _sources(template, held)))), EXIT_FAILED)
    except SpecError as error:
        _fail(str(error), EXIT_FAILED)
    click.echo(_written(es, made, output), nl=False)


def _explained(names: tuple[str, ...], *, markdown: bool) -> str:
    if markdown:
        return explained.as_markdown()
    unknown = [name for name in names if name not in explained.FUNCTIONS]
    if unknown:
        raise click.UsageError(f"there is no function {', '.join(unknown)}; --explain alone lists them all")
    return explained.as_text(names)


def _external_secret(file: str) -> ExternalSecret:
    body = _one(file, "ExternalSecret")
    try:
        es = external_secret.decode(msgspec.json.encode(body))
    except msgspec.ValidationError as error:
        raise Unreadable(f"{file}: not an ExternalSecret: {error}") from None
    if es.spec is None:
        raise SpecError(*es.unfit)
    return es


def _one(file: str, kind: str) -> Doc:
    """The one document of a kind in a file; what else is in it does not matter."""
    found = [body for body in documents.documents(file, _content(file)) if body.get("kind") == kind]
    if len(found) != 1:
        raise Unreadable(f"{file}: needs one {kind}, has {len(found)}")
    return found[0]


def _content(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == documents.STDIN else documents.read(file)


def _values(file: str | None, *, encoded: bool) -> Values:
    if file is None:
        return Values({})
    found = documents.documents(file, _content(file))
    if len(found) > 1:
        raise Unreadable(f"{file}: needs one map of keys to values")
    return Values({key: _value(file, key, value, encoded=encoded) for body in found for key, value in body.items()})


def _value(file: str, key: str, value: object, *, encoded: bool) -> bytes:
    """A value as it would be fetched: text as it is, anything else as JSON."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if not encoded:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{file}: the value of {key} is not Base64") from None


def _held(kind: Kind, files: Iterable[str]) -> Held:
    held: Held = {}
    for file in files:
        body = _one(file, "ConfigMap" if kind is Kind.CONFIG_MAP else "Secret")
        metadata = body.get("metadata")
        name = str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
        held[TextRef(kind, name)] = {
            **_texts(file, body, "binaryData" if kind is Kind.CONFIG_MAP else "data", encoded=True),
            **_texts(file, body, "data" if kind is Kind.CONFIG_MAP else "stringData", encoded=False),
        }
    return held


def _texts(file: str, body: Doc, field: str, *, encoded: bool) -> dict[str, bytes]:
    found = body.get(field)
    items = found.items() if isinstance(found, dict) else ()
    return {str(key): _value(file, str(key), value, encoded=encoded) for key, value in items}


def _check_held(template: Template | None, held: Held) -> None:
    absent = [ref for ref in render.needed(template) if ref not in held]
    if absent:
        options = {Kind.CONFIG_MAP: "--config-map", Kind.SECRET: "--secret"}
        wanted = ", ".join(f"{ref.name} with {options[ref.kind]} FILE" for ref in absent)
        _fail(f"the template reads other objects: give {wanted}", EXIT_MISUSE)


def _sources(template: Template | None, held: Held) -> dict[str, str]:
    """The template texts by the names errors use."""
    if template is None:
        return {}
    texts = {key: text.decode("utf-8", "replace") for items in held.values() for key, text in items.items()}
    for index, entry in enumerate(template.template_from):
        if entry.literal is not None:
            texts[f"templateFrom[{index}].literal"] = entry.literal
    return {**texts, **template.metadata.labels, **template.metadata.annotations, **template.data}


def _written(es: ExternalSecret, made: Rendered, output: str) -> str:
    metadata: dict[str, object] = {"name": es.target_name}
    if es.metadata.namespace:
        metadata["namespace"] = es.metadata.namespace
    metadata |= {name: found for name, found in (("labels", made.labels), ("annotations", made.annotations)) if found}
    if made.finalizers:
        metadata["finalizers"] = list(made.finalizers)
    secret: dict[str, object] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    if made.type:
        secret["type"] = made.type
    secret |= _parts(made.data)
    if output == "json":
        return msgspec.json.format(msgspec.json.encode(secret), indent=2).decode() + "\n"
    return str(yaml.dump(secret, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000))


def _parts(data: Values) -> dict[str, dict[str, str]]:
    """Text under ``stringData``, where it can be read; what is no text under ``data``."""
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    for key, value in sorted(data.items()):
        try:
            texts[key] = value.decode()
        except UnicodeDecodeError:
            others[key] = base64.b64encode(value).decode()
    return {name: part for name, part in (("data", others), ("stringData", texts)) if part}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)


def _fail(text: str, status: int) -> NoReturn:
    click.echo(f"esoctl: {text}", err=True)
    sys.exit(status)
