"""Logging: structlog to standard error, JSON or for a terminal, without ever blocking the loop or holding a value.

Records of libraries go the same way. Libraries that print requests or bodies when they are asked for details are held
at INFO whatever the user wants: their details contain credentials.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from enum import StrEnum
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HELD = ("kubernetes_asyncio", "botocore", "aiobotocore", "aiohttp", "asyncio", "urllib3")
SENSITIVE = re.compile(r"(?i)^(authorization|token|password|secret_?access_?key|session_?token|data|value|body)$")
BEARER = re.compile(r"(?i)(bearer\s+|x-amz-security-token[=:]\s*|signature=|credential=)\S+")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}


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
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]


def _formatter(style: Format) -> structlog.stdlib.ProcessorFormatter:
    last: Processor = (
        structlog.processors.JSONRenderer()
        if style is Format.JSON
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


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
