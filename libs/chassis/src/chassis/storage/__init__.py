"""Where big data lives: a folder, or anything that speaks S3, behind one port."""

from __future__ import annotations

from pathlib import Path

from chassis.settings import ServiceSettings, SettingsError
from chassis.storage.fallback import FallbackStore as FallbackStore
from chassis.storage.folder import FolderStore as FolderStore
from chassis.storage.port import ObjectDamaged as ObjectDamaged
from chassis.storage.port import ObjectMissing as ObjectMissing
from chassis.storage.port import ObjectStat as ObjectStat
from chassis.storage.port import ObjectStore as ObjectStore
from chassis.storage.port import StoreUnavailable as StoreUnavailable


def open_store(settings: ServiceSettings) -> ObjectStore:
    """The store the settings name; raises ``SettingsError`` when they do not say where it is.

    S3 with an ``object_folder`` gives a ``FallbackStore``, which the composition root starts and stops.
    """
    if settings.object_store == "s3":
        # boto3 takes a quarter of a second to import; a process without S3 does not pay it.
        from chassis.storage.cdn import Cdn
        from chassis.storage.s3 import S3Store

        key = settings.cdn_private_key
        cdn = (
            Cdn(settings.cdn_domain, settings.cdn_key_id or "", key.get_secret_value())
            if settings.cdn_domain and key
            else None
        )
        access, secret = settings.aws_access_key_id, settings.aws_secret_access_key
        s3 = S3Store(
            settings.s3_bucket_name or "",
            region=settings.aws_region,
            endpoint_url=settings.s3_endpoint_url,
            public_endpoint=settings.s3_public_endpoint,
            access_key_id=access.get_secret_value() if access else None,
            secret_access_key=secret.get_secret_value() if secret else None,
            cdn=cdn,
        )
        return s3 if settings.object_folder is None else FallbackStore(s3, _folder(settings, settings.object_folder))
    if settings.object_folder is None:
        raise SettingsError("cannot start: missing: OBJECT_FOLDER")
    return _folder(settings, settings.object_folder)


def _folder(settings: ServiceSettings, root: Path) -> FolderStore:
    signing_key = settings.object_signing_key
    return FolderStore(
        root,
        public_url=settings.public_url,
        signing_key=signing_key.get_secret_value().encode() if signing_key else None,
    )
