"""Looks into the texts of an ExternalSecret that the controller reads only while it works: templates and patterns.

What is said is the problem alone: the words of the template engine, which name a token at most, and no pattern.
"""

from collections.abc import Iterator, Mapping

from esoctl.errors import TemplateError
from esoctl.model.external_secret import ExternalSecretSpec, Template
from esoctl.model.rewrites import Rewrite
from esoctl.plan import regexps
from esoctl.plan.validate import Problem
from esoctl.template import engine
from esoctl.template.engine import Env


def problems(spec: ExternalSecretSpec) -> Iterator[Problem]:
    """Every template that does not parse and every pattern that does not compile."""
    if spec.target.template:
        yield from _of_template(spec.target.template, "spec.target.template")
    for index, entry in enumerate(spec.data_from):
        path = f"spec.dataFrom[{index}]"
        if entry.find and entry.find.name and entry.find.name.regexp is not None:
            yield from _pattern(entry.find.name.regexp, f"{path}.find.name.regexp")
        for number, operation in enumerate(entry.rewrite):
            yield from _of_rewrite(operation, f"{path}.rewrite[{number}]")


def _of_template(template: Template, path: str) -> Iterator[Problem]:
    yield from _of_map(template.data, f"{path}.data")
    yield from _of_map(template.metadata.labels, f"{path}.metadata.labels")
    yield from _of_map(template.metadata.annotations, f"{path}.metadata.annotations")
    for index, entry in enumerate(template.template_from):
        if entry.literal is not None:
            yield from _template(entry.literal, f"{path}.templateFrom[{index}].literal", "literal")


def _of_map(texts: Mapping[str, str], path: str) -> Iterator[Problem]:
    for name, text in texts.items():
        yield from _template(text, f"{path}.{name}", name)


def _of_rewrite(operation: Rewrite, path: str) -> Iterator[Problem]:
    if operation.regexp:
        yield from _pattern(operation.regexp.source, f"{path}.regexp.source")
    if operation.transform:
        yield from _template(operation.transform.template, f"{path}.transform.template", "transform")


def _template(text: str, path: str, name: str) -> Iterator[Problem]:
    try:
        engine.check(text, Env(name=name))
    except TemplateError as error:
        yield Problem(path, f"unable to parse template: {error.problem}", "correct the template")


def _pattern(text: str, path: str) -> Iterator[Problem]:
    try:
        regexps.compile(text)
    except ValueError:
        yield Problem(path, "not a regular expression (RE2 syntax)", "correct the pattern")
