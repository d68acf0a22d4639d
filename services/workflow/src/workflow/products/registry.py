"""The products there are: every folder beside this file."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module

from contracts.enums import WorkflowType
from workflow import products
from workflow.products.product import Product


def found() -> tuple[Product, ...]:
    """The product of each folder, in the order of their names."""
    folders = [module.name for module in pkgutil.iter_modules(products.__path__) if module.ispkg]
    return tuple(import_module(f"{products.__name__}.{name}").PRODUCT for name in sorted(folders))


def by_type(all_products: Iterable[Product]) -> dict[WorkflowType, Product]:
    """Which product makes what; raises ``ValueError`` where two make the same."""
    table: dict[WorkflowType, Product] = {}
    for product in all_products:
        for kind in product.types:
            if table.setdefault(kind, product) is not product:
                raise ValueError(f"two products make {kind.value}")
    return table


BY_TYPE = by_type(found())
