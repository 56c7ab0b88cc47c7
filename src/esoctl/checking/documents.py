"""Reads manifests: files, folders and standard input, with as many documents as they hold.

Words mean what they mean to kubectl (``yes`` is true, ``1:30`` is text), which is not what PyYAML makes of them. A key
given twice is refused, as by kubectl. Texts of errors name lines, never what stands there.

Source: kubectl's resource builder, sigs.k8s.io/yaml.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from esoctl.errors import EsoctlError
from esoctl.template.funcs import yamlwords

STDIN: Final = "-"
SUFFIXES: Final = (".yaml", ".yml", ".json")
MOST_NODES: Final = 500_000
MOST_DEPTH: Final = 200

_PARSER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORD: Final = "word"
_TAGS: Final = "tag:yaml.org,2002:"
_MERGE: Final = "<<"

Doc = dict[str, object]


class Unreadable(EsoctlError):
    """Nothing can be said of a file: it is not there, cannot be read, or holds no manifests."""


def files(given: Iterable[str]) -> Iterator[str]:
    """Every file that is meant, folders opened; raises Unreadable for a folder without manifests."""
    for name in given:
        if name == STDIN or not Path(name).is_dir():
            yield name
            continue
        found = sorted(str(path) for path in Path(name).rglob("*") if path.suffix in SUFFIXES and path.is_file())
        if not found:
            raise Unreadable(f"{name}: the folder holds no file that ends in {', '.join(SUFFIXES)}")
        yield from found


def read(name: str) -> bytes:
    """What a file holds; raises Unreadable."""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise Unreadable(f"{name}: {error.strerror or 'cannot be read'}") from None


def documents(name: str, content: bytes) -> list[Doc]:
    """The documents in a file; empty ones are left out. Raises Unreadable."""
    try:
        _fathom(name, content)
        values = [_Builder(name).value(node) for node in yaml.compose_all(content, _Loader)]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise Unreadable(f"{name}: line {line}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Unreadable(f"{name}: not YAML: it has characters that YAML does not allow") from None
    return [_document(name, value) for value in values if value is not None]


def _fathom(name: str, content: bytes) -> None:
    """Raise Unreadable for what is nested deeper than the parser can follow, which would end the process."""
    depth = 0
    for event in yaml.parse(content, _Loader):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise Unreadable(f"{name}: nested too deeply")


def _document(name: str, value: object) -> Doc:
    if not isinstance(value, dict):
        raise Unreadable(f"{name}: a document in it is no Kubernetes object")
    return value


class _Loader(_PARSER):  # type: ignore[misc, valid-type]  # libyaml's parser where PyYAML was built with it
    """Leaves the meaning of plain words open."""

    def resolve(self, kind: type[Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        if kind is ScalarNode and implicit[0]:
            return _WORD
        return str(super().resolve(kind, value, implicit))


class _Builder:
    """Makes one document from its nodes; an alias counts as all that it stands for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._left = MOST_NODES

    def value(self, node: Node, depth: int = 0) -> object:
        self._left -= 1
        if self._left < 0 or depth > MOST_DEPTH:
            raise Unreadable(f"{self._name}: a document in it is larger than any Kubernetes object")
        if isinstance(node, MappingNode):
            return self._mapping(node, depth)
        if isinstance(node, SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        assert isinstance(node, ScalarNode)
        return self._scalar(node)

    def _mapping(self, node: MappingNode, depth: int) -> Doc:
        made: Doc = {}
        merged: Doc = {}
        for key_node, below in node.value:
            key = self._key(key_node)
            if key == _MERGE and key_node.tag == _WORD:
                merged = self._merged(self.value(below, depth + 1))
                continue
            if key in made:
                raise self._at(key_node, f"the key {key!r} is given twice; remove one of them")
            made[key] = self.value(below, depth + 1)
        return merged | made

    def _merged(self, value: object) -> Doc:
        made: Doc = {}
        for one in reversed(value if isinstance(value, list) else [value]):
            made |= one if isinstance(one, dict) else {}
        return made

    def _key(self, node: Node) -> str:
        found = self._scalar(node) if isinstance(node, ScalarNode) else None
        if isinstance(found, str):
            return found
        if found is None:
            raise self._at(node, "a key is no text")
        return str(found).lower()  # true and false, as JSON writes them

    def _scalar(self, node: ScalarNode) -> object:
        if node.tag != _WORD and not node.tag.startswith(_TAGS):
            return node.value
        tag = "" if node.tag == _WORD else f"!!{node.tag.removeprefix(_TAGS)}"
        try:
            return yamlwords.resolve(tag, node.value).value
        except yamlwords.CannotDecode:
            raise self._at(node, f"the value does not fit its tag {tag}") from None

    def _at(self, node: Node, problem: str) -> Unreadable:
        return Unreadable(f"{self._name}: line {node.start_mark.line + 1}: {problem}")
