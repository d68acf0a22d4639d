"""The products there are. A new one is a folder beside this file, and a row."""

from __future__ import annotations

from workflow.products import talking_photo

PRODUCTS = (talking_photo.PRODUCT,)

BY_TYPE = {kind: product for product in PRODUCTS for kind in product.types}
