"""The film: a script in, whole minutes of narrated, subtitled film out."""

from contracts.enums import ProductLineKey, WorkflowType
from workflow.products.film.definition import film
from workflow.products.film.input import FilmInput
from workflow.products.film.rules import METER, amounts, estimate
from workflow.products.product import Product

PRODUCT = Product(
    types=frozenset({WorkflowType.FILM_VIDEO}),
    definition=film,
    input=FilmInput,
    meter=METER,
    estimate=estimate,
    amounts=amounts,
    alone=True,
    credits=3,
    line=ProductLineKey.FILMSTUDIO,
    ordered_at="POST /api/v1/projects/{id}/generate",
)
