#!/bin/sh
# The bucket, and a user who can do there what the object store does (policy.json) and nothing else. Repeatable.
set -eu
if [ "${ENV:-development}" = production ]; then
    case "$MINIO_ROOT_PASSWORD" in local-*) echo "MINIO_ROOT_PASSWORD is one that comes with the repository" >&2; exit 1 ;; esac
    case "$AWS_SECRET_ACCESS_KEY" in local-*) echo "S3_PASSWORD is one that comes with the repository" >&2; exit 1 ;; esac
fi
mc alias set store http://minio:9000 "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD"
mc mb --ignore-existing "store/$S3_BUCKET_NAME"
mc admin user add store "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY"
mc admin policy create store objects-only /deploy/policy.json
# Attaching what is attached is an error to mc.
case "$(mc --json admin user info store "$AWS_ACCESS_KEY_ID")" in
*objects-only*) ;;
*) mc admin policy attach store objects-only --user "$AWS_ACCESS_KEY_ID" ;;
esac
