"""What a process of the platform is given of the environment: what it can read, and nobody else's keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from chassis.run.service import ServiceSpec

_MACHINE = frozenset({"PATH", "HOME", "USER", "TZ", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR", "FAULT"})
_MACHINE_PREFIXES = ("LANG", "LC_", "LD_", "PYTHON", "OMP_", "OPENBLAS_", "OTEL_", "XDG_")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})


def environment_of(spec: ServiceSpec, fields: Mapping[str, object]) -> dict[str, str]:
    """The environment of a process of this service; ``fields``: settings that are decided here, by name."""
    settings = {name.upper() for name in spec.settings.model_fields}
    prefixes: tuple[str, ...] = _MACHINE_PREFIXES
    if spec.name == "ai_router":
        # Vendors' keys are no fields of its settings.
        vendors = import_module("ai_router.providers.registry").ROWS
        prefixes += ("PROVIDER_", *(f"{row.setting}_" for row in vendors))
    if spec.name == "users":
        # Sign-in providers are asked from here, through whatever leads outside.
        settings |= _PROXIES
    own = {
        name: value
        for name, value in os.environ.items()
        if name in _MACHINE or name.upper() in settings or name.startswith(prefixes)
    }
    return own | {name.upper(): _text(value) for name, value in fields.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, Path) else json.dumps(value)
