"""How notify is put together; no decisions here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from chassis.bus.messages import Received
from chassis.data import migrations
from chassis.data.database import Database, Transaction
from chassis.http.app import create_app
from chassis.identity.tokens import Verifier
from chassis.identity.vault import Vault
from chassis.messaging.consumer import Consumers
from chassis.messaging.listeners import Listeners
from chassis.messaging.sessions import session_listeners
from chassis.run.service import Dependencies, Service, ServiceSpec
from chassis.storage.port import ObjectStore
from chassis.work.workers import WorkPool
from contracts.ai_router import JobChanged
from contracts.workflow import (
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEvent,
    RunFailed,
    RunProgressed,
    StepCompleted,
)
from notify.alerts import endpoints as alert_endpoints
from notify.alerts.channels import AlertChannel, Discord, OperatorsMail, Slack
from notify.alerts.runner import NoticeRunner
from notify.alerts.service import NOTICE_WORK, Alerts
from notify.deliveries.port import MailChannel
from notify.deliveries.runner import LetterRunner
from notify.deliveries.service import LETTER
from notify.feed import endpoints as feed_endpoints
from notify.feed import queries as feed_queries
from notify.kept import tables
from notify.letters.letter import Letters
from notify.letters.smtp import Server, SmtpChannel
from notify.letters.unsubscribing import Unsubscribing
from notify.live import endpoints as live_endpoints
from notify.live import repository
from notify.live.hub import Hub
from notify.live.updates import update_of, update_of_job
from notify.mailbox import endpoints as mailbox_endpoints
from notify.mailbox.channel import MailboxChannel
from notify.messages import endpoints as message_endpoints
from notify.messages import handlers, service
from notify.people import handlers as people
from notify.preferences import endpoints as preference_endpoints
from notify.settings import Settings
from notify.webhooks import endpoints as webhook_endpoints
from notify.webhooks import handlers as webhook_handlers
from notify.webhooks.runner import LaneRunner
from notify.webhooks.sending import Sender
from notify.webhooks.service import LANE, Webhooks, publish

RUN_EVENTS: tuple[type[RunEvent], ...] = (
    RunCreated,
    RunProgressed,
    StepCompleted,
    RunCompleted,
    RunFailed,
    RunCancelled,
)


def build(settings: Settings, deps: Dependencies) -> Service:
    """Notify's app, consumers, listeners and background parts."""
    if deps.database is None:
        raise ValueError("notify needs a database")
    database = deps.database
    secrets = Vault(settings.encryption_key.get_secret_value())
    links = Vault(settings.link_key.get_secret_value())
    unsubscribing = Unsubscribing(secrets, settings.public_url)
    letters = Letters(
        deps.store,
        links,
        unsubscribing,
        mail_from=settings.mail_from,
        public_url=settings.public_url,
        app_url=settings.app_url,
    )
    mail = _mail_channel(settings, database, secrets)
    delivering = WorkPool(
        database,
        LETTER,
        LetterRunner(database, letters, mail).run,
        concurrency=settings.mail_concurrency,
        retry_s=settings.retry_s,
    )
    hooks = WorkPool(
        database,
        LANE,
        LaneRunner(
            database, Sender(timeout_s=settings.webhook_timeout_s, private=settings.webhook_private_targets), secrets
        ).run,
        concurrency=settings.webhook_concurrency,
    )
    channels = _alert_channels(settings, mail)
    alerts = Alerts(tuple(channels))
    alarming = WorkPool(database, NOTICE_WORK, NoticeRunner(database, alerts, channels).run, retry_s=settings.retry_s)
    hub = Hub(partial(repository.newest, database), every_s=settings.live_poll_s)
    users_hub = Hub(partial(feed_queries.newest, database), every_s=settings.live_poll_s)
    app = create_app(
        name="notify",
        settings=settings,
        version="0.1.0",
        routers=[
            preference_endpoints.router,
            message_endpoints.router,
            live_endpoints.router,
            feed_endpoints.router,
            webhook_endpoints.router,
            alert_endpoints.router,
            mailbox_endpoints.router,
        ],
        readiness={"database": database.ready},
        description="Messages and live updates.",
    )
    app.state.database = database
    app.state.verifier = deps.verifier
    app.state.store = deps.store
    app.state.hub = hub
    app.state.users_hub = users_hub
    app.state.alerts = alerts
    app.state.webhooks = Webhooks(secrets, settings.webhook_private_targets)
    app.state.unsubscribing = unsubscribing
    app.state.mailbox_vault = secrets if settings.keeps_mail else None
    return Service(
        name="notify",
        app=app,
        database=database,
        consumers=_consumers(links, deps.store),
        listeners=_listeners(hub, users_hub, deps.verifier),
        background=(delivering, hooks, alarming),
        retention=tables(settings),
    )


def _mail_channel(settings: Settings, database: Database, secrets: Vault) -> MailChannel:
    if settings.smtp_url is None:
        return MailboxChannel(database, secrets)
    return SmtpChannel(Server.of(settings.smtp_url.get_secret_value()), timeout_s=settings.mail_timeout_s)


def _alert_channels(settings: Settings, mail: MailChannel) -> dict[str, AlertChannel]:
    channels: dict[str, AlertChannel] = {}
    if settings.discord_webhook_url is not None:
        channels["discord"] = Discord(settings.discord_webhook_url.get_secret_value())
    if settings.slack_webhook_url is not None:
        channels["slack"] = Slack(settings.slack_webhook_url.get_secret_value())
    if settings.alert_mail_to is not None:
        channels["mail"] = OperatorsMail(mail, mail_from=settings.mail_from, to=settings.alert_mail_to)
    return channels


def _consumers(links: Vault, store: ObjectStore) -> Consumers:
    registry = Consumers("notify")
    runs = registry.queue("runs")

    @runs.many(*RUN_EVENTS)
    async def keep(received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Keep what happened for clients, tell users how runs ended, and their webhooks all of it."""
        await service.announce_ends(received, tx)
        await publish(received, tx)
        updates = [update_of(item.message, item.envelope.time, item.envelope.traceparent) for item in received]
        repository.append(updates, tx)

    @registry.queue("jobs").many(JobChanged)
    async def keep_jobs(received: Sequence[Received[JobChanged]], tx: Transaction) -> None:
        """Keep what happened to jobs that were ordered by themselves, for clients."""
        repository.append(
            [update_of_job(item.message, item.envelope.time, item.envelope.traceparent) for item in received], tx
        )

    money = registry.queue("billing")
    handlers.subscribe(registry.queue("users"), money, links)
    webhook_handlers.subscribe(money)
    people.subscribe(registry, store)
    return registry


def _listeners(hub: Hub, users_hub: Hub, verifier: Verifier) -> Listeners:
    registry = session_listeners("notify", verifier)

    @registry.on(*RUN_EVENTS)
    def wake(received: Received[Any]) -> None:
        """Wake the streams that follow this run, or all of its user's."""
        hub.announce(received.message.run_id, received.message.sequence)
        users_hub.nudge(received.message.user_id)

    @registry.on(JobChanged)
    def wake_for_job(received: Received[JobChanged]) -> None:
        """The same for a job."""
        hub.announce(received.message.job_id, received.message.sequence)
        users_hub.nudge(received.message.user_id)

    return registry


SPEC = ServiceSpec("notify", Settings, build, migrations=migrations.folder_of(__file__))
