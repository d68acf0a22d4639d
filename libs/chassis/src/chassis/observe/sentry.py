"""Errors that nobody foresaw, told to Sentry where ``SENTRY_DSN`` is set (OBS-07): what broke and where, never whose.

A report has the exception's type, its frames, the name of the log line, and ids that lead to the log. No text of an
exception is in it, no variable, header or body, no id of a person: what users wrote may be in any of them.
"""

from __future__ import annotations

import atexit
import re
import sys
from importlib.metadata import version
from typing import Any

from structlog.typing import EventDict, WrappedLogger

from chassis.observe import context
from chassis.settings import ServiceSettings, is_here

_LEVELS = {"error": "error", "critical": "fatal"}
_NAME = re.compile(r"[a-z_]+(\.[a-z_]+)+")
"""How our own lines are named; what a library says may hold anything."""
_FLUSH_S = 2.0


class Reporting:
    """Stands among what is done to a log line, and tells of those that are errors with an exception."""

    def __init__(self, settings: ServiceSettings, dsn: str) -> None:
        # 0.2 s to import: not where nobody is told.
        import sentry_sdk

        # Nothing of the library's own watches the process: what is told is what is built here.
        direct: dict[str, Any] = {"http_proxy": "", "https_proxy": ""} if is_here(dsn) else {}
        self._client = sentry_sdk.Client(
            dsn=dsn,
            environment=settings.env,
            release=f"talkingphoto@{version('talkingphoto-chassis')}",
            server_name=settings.service_name,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            include_local_variables=False,
            include_source_context=False,
            **direct,
        )
        atexit.register(self.close)

    def __call__(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """Tell of the line where it is one to tell of; the line goes on as it was."""
        level, error = _LEVELS.get(str(event.get("level"))), _exception(event.get("exc_info"))
        if level is not None and error is not None:
            # Who is being told of an error must not be a cause of errors; without waiting, by a thread of its own.
            self._client.capture_event(self._report(level, error, event))
        return event

    def close(self) -> None:
        """Send what waits, within two seconds."""
        atexit.unregister(self.close)
        self._client.close(timeout=_FLUSH_S)

    def _report(self, level: str, error: BaseException, event: EventDict) -> Any:
        from sentry_sdk.utils import event_from_exception

        report: Any = event_from_exception(error, client_options=self._client.options)[0]
        for value in report["exception"]["values"]:
            value["value"] = ""
        name = str(event.get("event"))
        ids = {key: event.get(key) for key in ("service", "product_line", "request_id", "run_id")}
        report["level"] = level
        report["transaction"] = name if _NAME.fullmatch(name) else str(event.get("logger") or event.get("module") or "")
        report["tags"] = {key: str(value) for key, value in ids.items() if value is not None}
        if (traceparent := context.current().traceparent) is not None:
            _, trace_id, span_id, _ = traceparent.split("-")
            report["contexts"] = {"trace": {"trace_id": trace_id, "span_id": span_id}}
        return report


def _exception(given: Any) -> BaseException | None:
    """The exception that a line is about, in whichever of the three ways it says so."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exception() if given else None
