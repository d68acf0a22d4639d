"""Automatic hooks: a long video in, its best moments out, and clips of them (WFL-10, WFL-37)."""

from contracts.enums import ProductLineKey, WorkflowType
from workflow.products import sourced
from workflow.products.auto_hooks.definition import auto_hooks
from workflow.products.auto_hooks.input import AutoHooksInput
from workflow.products.auto_hooks.rules import METER, PATH, amounts
from workflow.products.product import Product

PRODUCT = Product(
    types=frozenset({WorkflowType.CLIP_AUTO_HOOKS}),
    definition=auto_hooks,
    input=AutoHooksInput,
    meter=METER,
    estimate=sourced.estimate,
    amounts=amounts,
    credits=sourced.CREDITS,
    line=ProductLineKey.REELY,
    ordered_at=PATH,
)
