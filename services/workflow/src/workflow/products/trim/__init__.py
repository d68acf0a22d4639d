"""The trim: a video and two times in, the part between them out (WFL-09, WFL-36)."""

from contracts.enums import ProductLineKey, WorkflowType
from workflow.products import sourced
from workflow.products.product import Product
from workflow.products.trim.definition import trim
from workflow.products.trim.input import TrimInput
from workflow.products.trim.rules import METER, PATH, amounts

PRODUCT = Product(
    types=frozenset({WorkflowType.CLIP_TRIM}),
    definition=trim,
    input=TrimInput,
    meter=METER,
    estimate=sourced.estimate,
    amounts=amounts,
    credits=sourced.CREDITS,
    line=ProductLineKey.REELY,
    ordered_at=PATH,
)
