"""The API's document as the gateway puts it together; every service is modelled for it, and none is started."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gateway.docs.merging import merge
from talkingphoto_runner.layout import PACKAGES, model_of


def document() -> dict[str, Any]:
    """What ``/api/openapi.json`` answers on a platform whose services all answer."""
    names = ("gateway", *sorted(set(PACKAGES) - {"gateway"}))
    return merge({name: model_of(name).service.app.openapi() for name in names})


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(document(), ensure_ascii=False), encoding="utf-8")
