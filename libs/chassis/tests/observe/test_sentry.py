"""Errors that nobody foresaw are told to Sentry where it is set up, with what broke and nothing of whom."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from chassis import ids
from chassis.observe import context
from chassis.observe.logs import configure_logging
from chassis.settings import ServiceSettings, SettingsError, load
from simulators.core.faults import Fault
from simulators.serve import serving
from simulators.vendors.sentry import Sentry

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
USER = ids.uuid7()
PRODUCTION: dict[str, Any] = {
    "env": "production",
    "database_url": "postgresql+asyncpg://u:a-real-one-9@db/x",
    "public_url": "https://api.talkingphoto.ai",
}


class Told:
    """A process that tells a simulator, which is looked at once the process has told everything."""

    def __init__(self, sentry: Sentry) -> None:
        self.sentry = sentry

    @property
    def events(self) -> list[dict[str, Any]]:
        """What it was told; from now on it is told no more."""
        configure_logging(ServiceSettings(service_name="test", log_stdout=False))
        return self.sentry.events


@pytest.fixture
def told() -> Iterator[Told]:
    """The logging configuration is put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    sentry = Sentry()
    with serving([sentry]) as where:
        dsn = SecretStr(sentry.dsn(where["sentry"].url))
        configure_logging(ServiceSettings(service_name="billing", log_stdout=False, sentry_dsn=dsn))
        yield Told(sentry)
        configure_logging(ServiceSettings(service_name="test", log_stdout=False))
    structlog.reset_defaults()
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:], root.level = handlers, level


def _broken(script: str, password: str) -> None:
    raise RuntimeError(f"cannot charge asha@example.com for {script!r}")


def test_nothing_of_a_person_and_no_secret_is_told(told: Told) -> None:
    log = structlog.get_logger("x")
    said = "hello my dear Ravi"
    now = context.Context(correlation_id="r-1", traceparent=TRACE, user_id=USER, run_id="run-5", product_line="reely")
    with context.use(now):
        try:
            try:
                _broken(said, "monsoon-42-lamp")
            except RuntimeError as error:
                raise KeyError("Bearer abc.def") from error
        except KeyError:
            log.exception("request.failed", email="asha@example.com", script=said, token="t-1")
    [event] = told.events
    assert [value["type"] for value in event["exception"]["values"]] == ["RuntimeError", "KeyError"]
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "_broken"
    assert (event["level"], event["environment"], event["transaction"]) == ("error", "development", "request.failed")
    assert event["tags"] == {"service": "billing", "product_line": "reely", "request_id": "r-1", "run_id": "run-5"}
    assert event["contexts"]["trace"]["trace_id"] == TRACE[3:35], "leads to its trace"
    told_of = b"".join(told.sentry.bodies).decode()
    for secret in ("asha@", said, "Ravi", "monsoon", "abc.def", "t-1", str(USER), "cannot charge", sys.argv[0]):
        assert secret not in told_of, secret


def test_what_is_no_error_and_what_has_no_exception_is_not_told(told: Told) -> None:
    log = structlog.get_logger("x")
    log.error("order.refused", code="no_face")
    try:
        raise ValueError
    except ValueError:
        log.warning("vendor.away", exc_info=True)
        logging.getLogger("asyncio").exception("Task of asha@example.com failed")
    assert [event["transaction"] for event in told.events] == ["asyncio"], "a library's words may hold anything"
    assert b"asha" not in b"".join(told.sentry.bodies)


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.HANG_BEFORE])
def test_a_sentry_that_is_not_well_costs_nobody_anything(told: Told, fault: Fault) -> None:
    told.sentry.plan.script("submit", [fault] * 300)
    log, began = structlog.get_logger("x"), time.monotonic()
    for _ in range(300):
        try:
            raise ValueError
        except ValueError:
            log.exception("request.failed")
    assert time.monotonic() - began < 2
    assert told.events == [], "what it does not take is left, and the end waits two seconds at most"
    assert time.monotonic() - began < 6


def test_without_a_dsn_its_library_is_not_even_read() -> None:
    program = (
        "import sys; from chassis.observe.logs import configure_logging; from chassis.settings import ServiceSettings; "
        "configure_logging(ServiceSettings()); print([name for name in sys.modules if name.startswith('sentry')])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("dsn", ["https://sentry.example", "key@host/1", "https://key@host/project", "ftp://k@h/1"])
def test_what_is_no_dsn_stops_the_start_without_being_shown(dsn: str) -> None:
    with pytest.raises(SettingsError, match=r"SENTRY_DSN: .*no DSN") as refused:
        load(ServiceSettings, sentry_dsn=dsn)
    assert "key" not in str(refused.value).replace("KEY", "")


def test_production_tells_over_tls_alone() -> None:
    with pytest.raises(SettingsError, match="SENTRY_DSN is not https"):
        load(ServiceSettings, **PRODUCTION, sentry_dsn="http://5e17@sentry.internal/1")
    assert load(ServiceSettings, **PRODUCTION, sentry_dsn="https://5e17@sentry.internal/1").sentry_dsn is not None
