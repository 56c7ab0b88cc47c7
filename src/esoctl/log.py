"""Logging: structlog to standard error, JSON or for a terminal, without ever blocking the loop or holding a value.

Records of libraries go the same way. Libraries that print requests or bodies when they are asked for details are held
at INFO whatever the user wants: their details contain credentials.

A traceback tells places, source and kinds of errors. What an error says is told only where it is known to hold no
value: of our own errors, of those of the operating system, and of names that are not there. Others quote what they were
given, as ``int("hunter2")`` does.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextvars import ContextVar
from enum import StrEnum
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from esoctl.errors import EsoctlError

HELD = ("kubernetes_asyncio", "botocore", "aiobotocore", "aiohttp", "asyncio", "urllib3")
SENSITIVE = re.compile(r"(?i)^(authorization|token|password|secret_?access_?key|session_?token|data|value|body)$")
BEARER = re.compile(r"(?i)(bearer\s+|x-amz-security-token[=:]\s*|signature=|credential=)\S+")
_OF_NAMES = (AttributeError, ImportError, ModuleNotFoundError, NameError, UnboundLocalError)
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


Subject = Callable[[], Mapping[str, object]]
"""Says what a line is about."""

subject: ContextVar[Subject] = ContextVar("subject", default=dict)
"""What the current task works on. It is asked when a line is written, and most work writes none."""


class Format(StrEnum):
    """How records look."""

    JSON = "json"
    CONSOLE = "console"


def set_up(level: str, style: Format) -> QueueListener:
    """Configure logging for the process; stop the returned listener at the end to flush."""
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_formatter(style))
    listener = QueueListener(records, output)
    root = logging.getLogger()
    root.handlers = [_Passing(records)]
    root.setLevel(LEVELS[level])
    for name in HELD:
        logging.getLogger(name).setLevel(max(LEVELS[level], logging.INFO))
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    listener.start()
    return listener


class _Passing(QueueHandler):
    """Hands records over as they are; the formatter runs in the listener's thread."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record


def _shared() -> list[Processor]:
    return [
        about_subject,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(told),
        redact,
    ]


def _formatter(style: Format) -> structlog.stdlib.ProcessorFormatter:
    last: Processor = (
        structlog.processors.JSONRenderer()
        if style is Format.JSON
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def about_subject(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Adds what the current task works on; what the line says itself wins."""
    for name, value in subject.get()().items():
        event.setdefault(name, value)
    return event


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The second net: drops what looks like a credential by its name or shape. The first is that nobody logs values."""
    return _redacted(event)


def _redacted(event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    for name, value in event.items():
        if SENSITIVE.match(name):
            event[name] = "<redacted>"
        elif isinstance(value, str):
            event[name] = BEARER.sub(r"\1<redacted>", value)
        elif isinstance(value, bytes | bytearray):
            event[name] = f"<{len(value)} bytes>"
    return event


def told(exc_info: ExcInfo) -> str:
    """A traceback without what unknown errors say."""
    return "\n".join(_traced(exc_info[1], set()))


def _traced(error: BaseException, seen: set[int]) -> Iterator[str]:
    """The error with what caused it before it, and the members of a group after it; each once."""
    seen.add(id(error))
    cause, why = error.__cause__, "The above was the direct cause of:"
    if cause is None and not error.__suppress_context__:
        cause, why = error.__context__, "While handling the above, there was:"
    if cause is not None and id(cause) not in seen:
        yield from _traced(cause, seen)
        yield why
    yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}: {frame.line}'
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_says(error)}"
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield "A member of that group:"
            yield from _traced(member, seen)


def _says(error: BaseException) -> str:
    if isinstance(error, EsoctlError) or type(error) in _OF_NAMES:
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or ""
    return "(what it says is not told, as it may hold a value)"
