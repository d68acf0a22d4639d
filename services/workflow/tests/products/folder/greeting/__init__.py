"""A greeting: a photo, improved. The example of ``docs/adding-a-product.md``."""

from workflow.products.greeting.definition import greeting
from workflow.products.greeting.input import GreetingInput, as_order
from workflow.products.greeting.rules import METER, amounts, estimate

from contracts.enums import WorkflowType
from workflow.products.product import Product

PRODUCT = Product(
    types=frozenset({WorkflowType.CLIP_TRIM}),
    definition=greeting,
    input=GreetingInput,
    meter=METER,
    estimate=estimate,
    amounts=amounts,
    as_order=as_order,
    credits=2,
)
