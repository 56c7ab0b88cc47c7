"""Shows the place of a template error: the line of the template, and a caret under the column.

Columns count bytes from 1, and are 0 when only the line is known.
"""

from collections.abc import Mapping

from esoctl.errors import TemplateError

TAB = "    "


def lines(error: TemplateError, sources: Mapping[str, str]) -> list[str]:
    """The line with its number, and the caret below; nothing when the place is not known."""
    found = sources.get(error.name, "").split("\n")
    if not 1 <= error.line <= len(found):
        return []
    text = found[error.line - 1]
    head = f"{error.line:>5} | "
    shown = [head + text.replace("\t", TAB)]
    if error.column:
        before = text.encode()[: error.column - 1].decode(errors="ignore").replace("\t", TAB)
        shown.append(" " * (len(head) - 2) + "| " + " " * len(before) + "^")
    return shown
