"""The sizes and bans that keep the code readable: what ruff and import-linter do not say."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "esoctl"
MOST_LINES = 400
MOST_FUNCTION_LINES = 50
PURE = ("model", "plan", "template")
BANNED_NAMES = {"base", "common", "handler", "helpers", "manager", "misc", "service", "utils"}
CORES = {SOURCE / "queue" / "core.py"}
"""Where a module may be called core: the queue has one."""
FILES = sorted(SOURCE.rglob("*.py"))
CODE = [*FILES, *sorted((ROOT / "hack").rglob("*.py"))]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def functions(module: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_source_is_found() -> None:
    assert len(FILES) > 100


def test_no_file_is_longer_than_can_be_held_in_mind() -> None:
    lines = {named(path): len(path.read_text().splitlines()) for path in CODE}

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_no_function_is_longer_than_a_page() -> None:
    found = [(named(path), node) for path in CODE for node in functions(tree(path))]
    lengths = {(name, node.name): (node.end_lineno or node.lineno) - node.lineno + 1 for name, node in found}

    assert {function: length for function, length in lengths.items() if length > MOST_FUNCTION_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [named(path) for path in FILES if not ast.get_docstring(tree(path))] == []


def test_a_pure_floor_waits_for_nothing_and_touches_no_file_or_terminal() -> None:
    pure = [path for path in FILES if path.relative_to(SOURCE).parts[0] in PURE]

    assert len(pure) > 50
    assert [where for path in pure for where in impurities(path)] == []


def impurities(path: Path) -> list[str]:
    waits = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
    nodes = list(ast.walk(tree(path)))
    found = [node.lineno for node in nodes if isinstance(node, waits)]
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    found += [call.lineno for call in calls if isinstance(call, ast.Name) and call.id in ("open", "print")]
    return [f"{named(path)}:{line}" for line in found]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [named(path) for path in FILES if path.stem in BANNED_NAMES] == []
    assert [named(path) for path in FILES if path.stem == "core" and path not in CORES] == []


def test_every_package_is_one() -> None:
    folders = {path.parent for path in FILES}

    assert [named(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
