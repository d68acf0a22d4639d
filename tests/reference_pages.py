"""``docs/settings.md`` and ``docs/errors.md`` as the code has them; ``python -m tests.reference_pages`` writes both."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from chassis.errors import ServiceError
from chassis.settings import ServiceSettings
from talkingphoto_runner.layout import PACKAGES, specs

DOCS = Path(__file__).parents[1] / "docs"

_SETTINGS = """# Settings

Made from the services' `settings.py` by `make record`; change it there. A setting is an environment variable of this
name; what is empty counts as not set. A process whose settings cannot be right says which, and does not start.
`.env.example` has what compose passes on, [deployment](deployment.md) what production asks for.
"""

_ERRORS = """# Errors

Made from the code by `make record`; change it there. Every refusal has one body:

```json
{"error": {"code": "insufficient_credits", "message": "...", "fields": null, "details": null, "request_id": "..."}}
```

`code` is for programs and stays, `message` is for people and says what to do next, `fields` names what is wrong with
which input, `request_id` is what to quote. *Again* says whether the same request may succeed later, after `Retry-After`
where there is one. What a run or a job ends with (`NO_FACE`, for example) is not an answer's code; it stands in the
run, with its reason.
"""


def settings_page() -> str:
    """Every setting with its default and its meaning."""
    common = ServiceSettings.model_fields
    lines = [_SETTINGS, "## Every service", *_table(common)]
    for name, spec in specs().items():
        own = {key: about for key, about in spec.settings.model_fields.items() if _is_own(key, about)}
        lines += ["", f"## {name.replace('_', '-')}", *_table(own)]
    return "\n".join(lines) + "\n"


def _is_own(key: str, about: FieldInfo) -> bool:
    shared = ServiceSettings.model_fields.get(key)
    return key != "service_name" and (shared is None or shared.default != about.default)


def _table(fields: dict[str, FieldInfo]) -> list[str]:
    return ["", "| setting | default | what it is |", "|---|---|---|"] + [
        f"| `{key.upper()}` | {_default(about)} | {_cell(about.description or '')} |" for key, about in fields.items()
    ]


def _default(about: FieldInfo) -> str:
    if about.is_required():
        return "needed"
    value: Any = about.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or (not isinstance(value, bool | int | float) and not value):
        return ""
    if isinstance(value, tuple | list | frozenset | set):
        value = ", ".join(str(one) for one in (sorted(value) if isinstance(value, frozenset | set) else value))
    return f"`{_cell(str(value))}`"


def errors() -> list[type[ServiceError]]:
    """Every refusal that a service can answer, by status and code."""
    for package in ("chassis", *PACKAGES):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if module.name.rsplit(".", 1)[1] in ("errors", "composition"):
                importlib.import_module(module.name)
    ours = ("chassis", *PACKAGES)
    found = {one for one in _below(ServiceError) if one.__module__.split(".")[0] in ours}
    return sorted(found, key=lambda one: (one.status, one.code, one.__module__))


def _below(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)


def errors_page() -> str:
    """Every code with its status, who answers it, what it means and what to do next."""
    rows: dict[tuple[int, str], tuple[set[str], list[str], bool]] = {}
    for one in errors():
        who, said, _ = rows.setdefault((one.status, one.code), (set(), [], one.retryable))
        package = one.__module__.split(".")[0].replace("_", "-")
        who.add("every service" if package == "chassis" else package)
        text = _cell(" ".join((inspect.getdoc(one) or "").replace("``", "`").split()))
        if text not in said:
            said.append(text)
    lines = [_ERRORS, "| status | code | from | what it means, and what next | again |", "|---|---|---|---|---|"]
    lines += [
        f"| {status} | `{code}` | {', '.join(sorted(who))} | {' '.join(said)} | {'yes' if again else ''} |"
        for (status, code), (who, said, again) in rows.items()
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    # What looks like HTML or the end of a cell is text here.
    plain = re.sub(r"\s*\([A-Z]{3}-\d[^)]*\)", "", text)
    return plain.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


PAGES = {DOCS / "settings.md": settings_page, DOCS / "errors.md": errors_page}

if __name__ == "__main__":
    for path, page in PAGES.items():
        path.write_text(page(), encoding="utf-8")
