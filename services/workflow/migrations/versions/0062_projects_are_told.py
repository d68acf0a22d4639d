"""The newest video of each project is told once more: export has kept projects only since it hears of them.

Revision ID: 0062
"""

from alembic import op

revision = "0062"
down_revision = "0061"

# As the outbox's publisher expects it; whoever relays what others left behind sends it. Export keeps the newest run's.
TELL = """
INSERT INTO outbox (id, exchange, routing_key, headers, body)
SELECT told.id, 'events', 'workflow.project_video_ready.v1',
    jsonb_build_object(
        'source', '/services/workflow',
        'time', to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        'subject', told.project_id,
        'correlationid', told.id,
        'productline', told.product_line,
        'userid', told.user_id
    ),
    convert_to(jsonb_build_object(
        'project_id', told.project_id,
        'user_id', told.user_id,
        'product_line', told.product_line,
        'run_id', told.run_id,
        'file_id', told.file_id,
        'video', jsonb_build_object(
            'key', told.storage_key, 'sha256', btrim(told.checksum), 'size', told.file_size, 'mime_type', told.mime_type
        ),
        'title', coalesce(told.title, ''),
        'script', left(coalesce(told.input->>'script', ''), 5000),
        'language', coalesce(told.input->>'language', 'en')
    )::text, 'UTF8')
FROM (
    SELECT gen_random_uuid() AS id, p.id AS project_id, p.user_id, p.product_line, r.id AS run_id, r.title, r.input,
        f.id AS file_id, f.storage_key, f.checksum, f.file_size, f.mime_type
    FROM projects AS p
    JOIN files AS f ON f.id = p.video_file_id AND f.deleted_at IS NULL
    JOIN project_assets AS a ON a.project_id = p.id AND a.file_id = f.id
    JOIN runs AS r ON r.id::text = a.metadata->>'run_id'
) AS told
"""


def upgrade() -> None:
    op.execute(TELL)


def downgrade() -> None:
    """What was told stays told."""
