"""What the service can be asked, as a page that needs no script."""

from importlib.resources import files
from typing import Any


def describe_routes(openapi: dict[str, Any]) -> str:
    """Write the page of an OpenAPI description.

    Args:
        openapi (dict): What ``/openapi.json`` gives.

    Returns:
        str: HTML.
    """
    from jinja2 import Environment

    template = files(__package__).joinpath('page').joinpath('docs.html.jinja')
    page = Environment(autoescape=True, trim_blocks=True).from_string(
        template.read_text(encoding='utf-8')
    )
    routes = [
        dict(
            path=path,
            method=method.upper(),
            text=operation['description'].replace('`', ''),
            options=[
                dict(
                    name=option['name'],
                    text=option.get('description', ''),
                    values=_values(option['schema'], openapi),
                )
                for option in operation.get('parameters', ())
            ],
            takes_images='requestBody' in operation,
            answers=[
                (status, answer['description'])
                for status, answer in operation['responses'].items()
            ],
        )
        for path, operations in openapi['paths'].items()
        for method, operation in operations.items()
    ]
    return page.render(info=openapi['info'], routes=routes)


def _values(schema: dict[str, Any], openapi: dict[str, Any]) -> list[str]:
    """Find the values that an option can have."""
    if '$ref' in schema:
        name = schema['$ref'].rpartition('/')[2]
        schema = openapi['components']['schemas'][name]
    found = [str(value) for value in schema.get('enum', ())]
    for part in [*schema.get('anyOf', ()), schema.get('items', {})]:
        found += _values(part, openapi) if part else []
    return found
