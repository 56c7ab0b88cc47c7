"""Puts logging back as it was: it is of the whole process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from esoctl.log import HELD


@contextmanager
def as_before() -> Iterator[None]:
    """Whatever the block sets up is gone after it."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in HELD}
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, held in levels.items():
        logging.getLogger(name).setLevel(held)
    structlog.reset_defaults()
