"""What clients tell of their use, who agreed to it, and how services were.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = (
    "CREATE TABLE consents (person varchar(16) PRIMARY KEY, granted boolean NOT NULL, given_at timestamptz NOT NULL)",
    # By month, like the facts (ANL-10); what comes for a month that nobody has made a partition for lies apart.
    """
    CREATE TABLE user_analytics (
        id uuid NOT NULL,
        person varchar(16),
        product_line text NOT NULL,
        event_type varchar(100) NOT NULL,
        event_data jsonb NOT NULL,
        page_url varchar(255),
        referrer varchar(255),
        session_id uuid,
        device_type varchar(50),
        browser varchar(100),
        os varchar(100),
        page_load_time integer,
        interaction_time double precision,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (created_at, id)
    ) PARTITION BY RANGE (created_at)
    """,
    "CREATE INDEX user_analytics_who ON user_analytics (person, event_type, created_at)",
    "CREATE TABLE user_analytics_other PARTITION OF user_analytics DEFAULT",
    """
    CREATE TABLE system_health (
        id uuid NOT NULL,
        service_name varchar(100) NOT NULL,
        endpoint varchar(255) NOT NULL,
        response_time_ms double precision NOT NULL,
        status_code integer,
        success boolean NOT NULL,
        error_message text,
        error_type varchar(100),
        cpu_usage_percent double precision,
        memory_usage_mb double precision,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (created_at, id)
    ) PARTITION BY RANGE (created_at)
    """,
    "CREATE INDEX system_health_service ON system_health (service_name, created_at)",
    "CREATE TABLE system_health_other PARTITION OF system_health DEFAULT",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for table in ("system_health", "user_analytics", "consents"):
        op.execute(f"DROP TABLE {table}")
