"""The talking photo: photo and script in, video, renditions and kit out."""

from contracts.enums import TALKING_PHOTO_TYPES
from workflow.products.product import Product
from workflow.products.talking_photo.definition import talking_photo
from workflow.products.talking_photo.input import TalkingPhotoInput
from workflow.products.talking_photo.rules import CREDITS, METER, amounts, estimate

PRODUCT = Product(TALKING_PHOTO_TYPES, talking_photo, TalkingPhotoInput, METER, estimate, amounts, CREDITS)
