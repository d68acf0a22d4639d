"""The talking photo: photo and script in, video, renditions and kit out."""

from contracts.enums import TALKING_PHOTO_TYPES
from workflow.products.product import Product
from workflow.products.talking_photo.definition import former, talking_photo
from workflow.products.talking_photo.input import TalkingPhotoInput, as_order
from workflow.products.talking_photo.rules import CREDITS, METER, amounts, estimate

PRODUCT = Product(
    types=TALKING_PHOTO_TYPES,
    definition=talking_photo,
    input=TalkingPhotoInput,
    meter=METER,
    estimate=estimate,
    amounts=amounts,
    as_order=as_order,
    credits=CREDITS,
    former=former,
)
