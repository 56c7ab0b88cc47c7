"""Puts logging back as it was: it is of the whole process."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from esoctl.log import HELD


@contextmanager
def as_before() -> Iterator[None]:
    """Whatever the block sets up is gone after it."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in HELD}
    handlers, level = root.handlers, root.level
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        for name, held in levels.items():
            logging.getLogger(name).setLevel(held)
        structlog.reset_defaults()
        _forget_what_was_cached()


def _forget_what_was_cached() -> None:
    """A logger that was used meanwhile keeps the setting of its first use, by an attribute of its own."""
    for name, module in list(sys.modules.items()):
        if name.startswith("esoctl"):
            getattr(getattr(module, "log", None), "__dict__", {}).pop("bind", None)
