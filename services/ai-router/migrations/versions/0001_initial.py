"""Catalogue, routing rules, jobs, provider calls, health, result cache.

Revision ID: 0001
"""

from alembic import op

from chassis.data import tables

revision = "0001"
down_revision = None

STATEMENTS = (
    """
    CREATE TABLE providers (
        key varchar(50) NOT NULL,
        capability text NOT NULL,
        cost numeric(12, 4) NOT NULL CHECK (cost >= 0),
        cost_unit text NOT NULL CHECK (cost_unit IN ('image', 'second', 'job', 'character', 'token')),
        quality numeric(3, 1) NOT NULL CHECK (quality BETWEEN 0 AND 10),
        speed_s numeric(6, 2) NOT NULL,
        max_clip_s numeric(6, 1),
        requests_per_hour integer,
        base_url text,
        priority smallint NOT NULL,
        listing text NOT NULL DEFAULT 'chain' CHECK (listing IN ('chain', 'quality', 'named')),
        zero_cost boolean NOT NULL DEFAULT false,
        deterministic boolean NOT NULL DEFAULT false,
        allowed_tiers text[] NOT NULL DEFAULT '{}',
        is_active boolean NOT NULL DEFAULT true,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (key, capability),
        CONSTRAINT zero_cost_costs_nothing CHECK (NOT zero_cost OR cost = 0)
    )
    """,
    """
    CREATE TABLE routing_policies (
        capability text PRIMARY KEY,
        primary_provider varchar(50),
        premium_provider varchar(50),
        minimum_quality numeric(3, 1) NOT NULL DEFAULT 0,
        fallback_score numeric(3, 1) NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE routing_rules (
        name text PRIMARY KEY,
        value jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE ai_models (
        id uuid PRIMARY KEY,
        name varchar(100) NOT NULL,
        provider varchar(50) NOT NULL,
        model_type varchar(50) NOT NULL,
        description text NOT NULL,
        parameters jsonb NOT NULL DEFAULT '{}',
        credits_per_use integer NOT NULL DEFAULT 1,
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (provider, name, model_type)
    )
    """,
    """
    CREATE TABLE ai_jobs (
        id uuid PRIMARY KEY,
        user_id uuid,
        product_line text,
        workflow_id uuid,
        project_id uuid,
        job_type text,
        status text NOT NULL DEFAULT 'pending'
            CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
        provider varchar(50),
        model_name varchar(100),
        input_data jsonb NOT NULL DEFAULT '{}',
        output_data jsonb,
        routing jsonb,
        error_message text,
        progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
        progress_message text,
        credits_used integer NOT NULL DEFAULT 0,
        cost numeric(12, 4) NOT NULL DEFAULT 0,
        quality_score numeric(5, 3),
        attempts integer NOT NULL DEFAULT 0,
        cache_hit boolean NOT NULL DEFAULT false,
        processing_time_ms integer,
        deadline timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz
    ) WITH (fillfactor = 50)
    """,
    "CREATE INDEX ai_jobs_of_user ON ai_jobs (user_id, created_at DESC)",
    "CREATE INDEX ai_jobs_open ON ai_jobs (status, created_at) WHERE status IN ('pending', 'processing')",
    """
    CREATE TABLE provider_calls (
        id uuid PRIMARY KEY,
        job_id uuid NOT NULL REFERENCES ai_jobs (id) ON DELETE CASCADE,
        provider varchar(50) NOT NULL,
        capability text NOT NULL,
        attempt integer NOT NULL,
        paid boolean NOT NULL,
        state text NOT NULL CHECK (state IN ('calling', 'accepted', 'succeeded', 'failed', 'cancelled', 'unknown')),
        vendor_job_id text,
        started_at timestamptz NOT NULL,
        duration_ms integer,
        failure text,
        error text,
        estimated_cost numeric(12, 4) NOT NULL DEFAULT 0,
        units numeric(12, 4),
        cost numeric(12, 4)
    )
    """,
    "CREATE INDEX provider_calls_of_job ON provider_calls (job_id, attempt)",
    "CREATE INDEX provider_calls_paid ON provider_calls (started_at) WHERE paid",
    """
    CREATE TABLE provider_health (
        provider varchar(50) PRIMARY KEY,
        status text NOT NULL CHECK (status IN ('healthy', 'unhealthy')),
        response_time_ms integer,
        checked_at timestamptz NOT NULL,
        error_message text
    )
    """,
    """
    CREATE TABLE result_cache (
        key text PRIMARY KEY,
        user_id uuid NOT NULL,
        provider varchar(50) NOT NULL,
        result jsonb NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX result_cache_expiry ON result_cache (expires_at)",
)

TABLES = (
    "result_cache",
    "provider_health",
    "provider_calls",
    "ai_jobs",
    "ai_models",
    "routing_rules",
    "routing_policies",
    "providers",
)


def upgrade() -> None:
    tables.create(op)
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    tables.drop(op)
