"""What delivered files look like, and an index by which a copy of one is found.

Revision ID: 0009
"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE fingerprints (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL,
            run_id uuid NOT NULL,
            kind text NOT NULL CHECK (kind IN ('picture', 'video')),
            sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
            seconds double precision NOT NULL,
            slots integer[] NOT NULL,
            hashes bigint[] NOT NULL CHECK (cardinality(hashes) = cardinality(slots)),
            source_type text NOT NULL,
            made_at timestamptz NOT NULL,
            UNIQUE (user_id, sha256)
        )
        """
    )
    op.execute("CREATE INDEX fingerprints_bytes ON fingerprints (sha256)")
    op.execute("CREATE INDEX fingerprints_age ON fingerprints (made_at)")
    op.execute(
        """
        CREATE TABLE fingerprint_keys (
            key integer NOT NULL,
            fingerprint_id uuid NOT NULL REFERENCES fingerprints ON DELETE CASCADE,
            PRIMARY KEY (key, fingerprint_id)
        )
        """
    )
    op.execute("CREATE INDEX fingerprint_keys_of ON fingerprint_keys (fingerprint_id)")


def downgrade() -> None:
    op.execute("DROP TABLE fingerprint_keys")
    op.execute("DROP TABLE fingerprints")
