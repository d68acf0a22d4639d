"""One JSON object per log line, with the identifiers of the request or message, and without secrets (OBS-01, OBS-02).

Modules log an event name and fields: ``log.info("reservation.refused", job_id=...)``.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import orjson
import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from chassis.observe import context
from chassis.observe.metrics import LOG_LINES_LOST
from chassis.settings import ServiceSettings

if TYPE_CHECKING:
    from chassis.observe.sentry import Reporting

MASKED = "***"
_SECRET_KEY = re.compile(
    r"authorization|password|passwd|token(?!s)|secret|api[_-]?key|private[_-]?key|cookie|signature|credential", re.I
)
_HARMLESS_KEYS = frozenset({"token_type", "token_kind"})
_PERSONAL_KEYS = frozenset({"email", "e_mail", "phone", "phone_number", "address"})
_CREDENTIAL_IN_TEXT = re.compile(r"(?P<scheme>://[^/\s:@]*:)[^@\s/]+@|(?P<bearer>Bearer\s+)[\w.~+/=-]+", re.I)
_DEEPEST = 6
_LARGEST_FILE = 16 * 1024 * 1024
# Clients that write a line for each call, with its whole address: signed links and keys travel there.
_CHATTY = ("httpx", "httpcore", "botocore", "boto3", "s3transfer", "urllib3", "aiormq", "aio_pika")

_reports: Reporting | None = None
_service: ContextVar[str | None] = ContextVar("talkingphoto_service", default=None)


@contextmanager
def service_scope(name: str) -> Iterator[None]:
    """Log lines written in this block belong to service ``name``: where one process runs several."""
    token = _service.set(name)
    try:
        yield
    finally:
        _service.reset(token)


def current_service() -> str | None:
    """Whose ``service_scope`` this is; None outside any."""
    return _service.get()


def configure_logging(settings: ServiceSettings) -> None:
    """Send structlog's and the standard library's records to standard output, and to ``log_file`` where one is set.

    Calling it again replaces the earlier configuration.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    identify = _Identify(settings.service_name)
    finish: list[Processor] = [
        identify,
        *_reporting(settings),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_secrets,
    ]
    if settings.log_format == "json":
        finish += [structlog.processors.EventRenamer("message"), _render_json]
    else:
        finish += [structlog.dev.ConsoleRenderer(colors=False), _to_bytes]
    output = _Output(settings.log_file, stdout=settings.log_stdout)
    structlog.configure(
        processors=[structlog.processors.add_log_level, _add_origin, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: output,
        cache_logger_on_first_use=True,
    )
    handler = _StandardHandler(output, finish)
    root = logging.getLogger()
    for old in [known for known in root.handlers if isinstance(known, _StandardHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(max(level, logging.INFO))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def _reporting(settings: ServiceSettings) -> list[Processor]:
    """What tells Sentry of errors, where there is one to tell; what did before is ended."""
    global _reports
    if _reports is not None:
        _reports.close()
        _reports = None
    if settings.sentry_dsn is None:
        return []
    from chassis.observe.sentry import Reporting

    _reports = Reporting(settings, settings.sentry_dsn.get_secret_value())
    return [_reports]


def log_what_ends_us() -> None:
    """Have an exception that nobody handles logged like everything else, in the main thread and in others."""
    log = structlog.get_logger(__name__)

    def ended(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("process.failed", exc_info=(kind, error, traceback))

    def thread_ended(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            ended(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = ended
    threading.excepthook = thread_ended


def mask_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace what must not be read in a log: by key, by type (``SecretStr``), and credentials inside texts."""
    return {key: _masked(key, value, 0) for key, value in event.items()}


@lru_cache(maxsize=4096)
def _kind(key: str) -> Literal["plain", "secret", "personal"]:
    if _SECRET_KEY.search(key) and key not in _HARMLESS_KEYS:
        return "secret"
    return "personal" if key in _PERSONAL_KEYS else "plain"


def _masked(key: str, value: Any, depth: int) -> Any:
    kind = _kind(key)
    if type(value) is str:
        if kind == "plain":
            if "://" in value or "earer " in value:
                return _CREDENTIAL_IN_TEXT.sub(_without_credential, value)
            return value
        return MASKED if kind == "secret" else _without_person(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if kind == "secret" or isinstance(value, SecretStr):
        return MASKED
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            return {str(name): _masked(str(name), part, depth + 1) for name, part in value.items()}
        if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes | bytearray):
            return [_masked(key, part, depth + 1) for part in value]
    return value


def _without_person(value: str) -> str:
    name, at, domain = value.rpartition("@")
    return f"{name[:1]}{MASKED}@{domain}" if at else MASKED


def _without_credential(found: re.Match[str]) -> str:
    return f"{found['bearer']}{MASKED}" if found["bearer"] else f"{found['scheme']}{MASKED}@"


class _Identify:
    """Add who this is about: service, request, trace, user, run, product line."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = _service.get() or self._service
        now = context.current()
        if now.correlation_id is not None:
            event.setdefault("request_id", now.correlation_id)
        if now.traceparent is not None:
            event["trace_id"] = now.traceparent[3:35]
        if now.user_id is not None:
            event.setdefault("user_id", now.user_id)
        if now.run_id is not None:
            event.setdefault("run_id", now.run_id)
        if now.product_line is not None:
            event.setdefault("product_line", now.product_line)
        return event


class _Output:
    """Where rendered lines go. Standard output is looked up at each line, because tests and runners replace it.

    The file has one writer, is for its user alone, and keeps ``_LARGEST_FILE`` bytes: the older ones beside it, once.
    """

    def __init__(self, path: Path | None, *, stdout: bool = True) -> None:
        self._path = path
        self._file = _opened(path) if path is not None else None
        self._stdout = stdout

    def msg(self, line: bytes) -> None:
        """Write one line to every sink. Who logs is not to blame for one that is full or gone: its line is lost."""
        for write in (self._print, self._append):
            try:
                write(line)
            except OSError:
                LOG_LINES_LOST.inc()

    def _print(self, line: bytes) -> None:
        if self._stdout:
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()

    def _append(self, line: bytes) -> None:
        if self._file is not None and self._path is not None:
            if self._file.tell() > _LARGEST_FILE:
                self._file.close()
                self._path.replace(self._path.with_name(f"{self._path.name}.1"))
                self._file = _opened(self._path)
            # Unbuffered, so that what could not be written does not wait to be tried again.
            self._file.write(line + b"\n")

    def close(self) -> None:
        """Close the file; standard output is not ours to close."""
        if self._file is not None:
            self._file.close()
            self._file = None

    debug = info = warning = error = critical = exception = log = msg


def _opened(path: Path) -> FileIO:
    return open(path, "ab", buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))


class _StandardHandler(logging.Handler):
    """Renders records of libraries like our own."""

    def __init__(self, output: _Output, finish: Sequence[Processor]) -> None:
        super().__init__()
        self._output = output
        self._finish = finish

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        event: Any = {
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "module": record.module,
            "function": record.funcName,
            "line": record.lineno,
        }
        if record.exc_info:
            event["exc_info"] = record.exc_info
        for processor in self._finish:
            event = processor(None, "", event)
        self._output.msg(event)

    def close(self) -> None:
        """Close what records were written to."""
        self._output.close()
        super().close()


def _add_origin(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add module, function and line of the caller."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("structlog"):
        frame = frame.f_back
    event["module"] = frame.f_globals.get("__name__", "?")
    event["function"] = frame.f_code.co_name
    event["line"] = frame.f_lineno
    return event


def _render_json(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


def _to_bytes(_: WrappedLogger, __: str, line: Any) -> bytes:
    return str(line).encode()
