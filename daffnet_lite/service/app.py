"""What can be asked: the routes, and the page."""

import io
import json
from collections.abc import Callable, Sequence
from enum import Enum
from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response

from daffnet_lite.answers import ModelIdentity
from daffnet_lite.answers.differential import (
    REFERENCE_RANGES,
    REFERENCE_SOURCE,
)
from daffnet_lite.answers.writing import write_rows
from daffnet_lite.onnx import OnnxClassifier
from daffnet_lite.version import __version__

from .answering import (
    Answered,
    answer_cells,
    answer_fields,
    report_of,
    thumbnails,
)
from .description import describe_routes
from .guard import HEADERS, Guard
from .limits import Limits
from .refusals import STATUSES, answer_refusals
from .uploads import read_uploads
from .working import Workplace

#: The files of the page, and what they are.
_FILES = {
    '/': ('index.html', 'text/html'),
    '/app.js': ('app.js', 'text/javascript'),
    '/style.css': ('style.css', 'text/css'),
}
#: A report has its own styles, and no script.
_OF_REPORT = {
    'Content-Security-Policy': (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
    )
}
_UPLOAD = {
    'requestBody': {
        'required': True,
        'content': {
            'multipart/form-data': {
                'schema': {
                    'type': 'object',
                    'properties': {
                        'image': {
                            'type': 'array',
                            'items': {'type': 'string', 'format': 'binary'},
                        }
                    },
                    'required': ['image'],
                }
            }
        },
    }
}
_ERROR = {
    'type': 'object',
    'properties': {'error': {'type': 'string'}},
    'required': ['error'],
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        'description': text,
        'content': {'application/json': {'schema': _ERROR}},
    }
    for status, text in STATUSES.items()
}


class Profile(str, Enum):
    """What is made of a laboratory's scale and stain."""

    auto = 'auto'
    none = 'none'


class Format(str, Enum):
    """How the answers are written."""

    json = 'json'
    csv = 'csv'


class Extra(str, Enum):
    """What else JSON holds."""

    csv = 'csv'
    report = 'report'
    pictures = 'pictures'


class Subject(str, Enum):
    """What an image shows."""

    cells = 'cells'
    fields = 'fields'


ProfileOption = Annotated[
    Profile | None,
    Query(
        description='"auto" estimates the scale and stain of the '
        'laboratory on the images of the request if there are 30 or more, '
        '"none" takes each by itself; without it, as the service was started.'
    ),
]
FormatOption = Annotated[
    Format, Query(description='Of the answers; CSV is the cells alone.')
]
IncludeOption = Annotated[
    list[Extra] | None,
    Query(
        description='What JSON holds besides: the CSV and the report as '
        'texts, pictures as data addresses.'
    ),
]


def build_app(
    classifier: OnnxClassifier,
    model: ModelIdentity,
    limits: Limits | None = None,
    profile: str = 'auto',
    names: Sequence[str] = (),
) -> FastAPI:
    """Build the service.

    Args:
        classifier (OnnxClassifier): The model.
        model (ModelIdentity): Which one it is.
        limits (Limits, optional): What a request may ask for. Defaults to
            None: the defaults of :class:`Limits`.
        profile (str): What the classifier makes of a laboratory, unless a
            request says otherwise. Defaults to ``'auto'``.
        names (Sequence[str]): Names beside addresses and ``localhost`` that
            the service is called by. Defaults to none.

    Returns:
        FastAPI: The application.
    """
    limits = limits or Limits()
    reading = classifier.reading
    workplace = Workplace(limits)
    by_profile: dict[Profile | None, OnnxClassifier] = {None: classifier}
    for choice in Profile:
        if choice == profile:
            by_profile[choice] = classifier
        else:
            by_profile[choice] = classifier.with_profile(choice.value)
    app = FastAPI(
        title='daffnet',
        version=__version__,
        description='White blood cells: the cell type and morphological '
        'attributes. Not for diagnosis.',
        # Those fetch their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.state.workplace = workplace
    answer_refusals(app, HEADERS)
    app.add_middleware(Guard, names=names)

    async def answer(
        request: Request,
        profile: Profile | None,
        subject: Subject,
        write: Callable[[Answered], bytes],
        drawn: bool = False,
    ) -> bytes:
        chosen = by_profile[profile]
        with workplace.place() as place:
            images = await read_uploads(request, limits)

            def work(check: Callable[[], None]) -> bytes:
                if subject is Subject.cells:
                    answered = answer_cells(chosen, images, check)
                else:
                    answered = answer_fields(
                        chosen, images, check, reading, drawn
                    )
                check()
                return write(answered)

            return await place.compute(request, work)

    def html_of(answered: Answered, path: str) -> str:
        return report_of(
            answered, model, classifier.classes, ['POST', path], reading
        )

    async def respond(
        request: Request,
        subject: Subject,
        profile: Profile | None,
        format: Format,
        include: list[Extra] | None,
    ) -> Response:
        extras = include or []

        def write(answered: Answered) -> bytes:
            if format is Format.csv:
                return _csv_of(answered).encode()
            told = answered.as_json()
            if Extra.csv in extras:
                told['csv'] = _csv_of(answered)
            # Of nothing there is no report.
            if Extra.report in extras and told['cells']:
                told['report'] = html_of(answered, f'/{subject.value}')
            if Extra.pictures in extras:
                told['pictures'] = thumbnails(answered, reading)
            return json.dumps(told, ensure_ascii=False).encode()

        content = await answer(
            request, profile, subject, write, Extra.pictures in extras
        )
        kind = 'text/csv' if format is Format.csv else 'application/json'
        return Response(content, media_type=kind)

    @app.post('/predict', openapi_extra=_UPLOAD, responses=_REFUSALS)
    async def predict(
        request: Request,
        profile: ProfileOption = None,
        format: FormatOption = Format.json,
        include: IncludeOption = None,
    ) -> Response:
        """Tell the type and the attributes of cells, an image each.

        `cells` has the rows of `daffnet predict`, in the order of the images;
        `errors` names the images that have no answer, and why.
        """
        return await respond(request, Subject.cells, profile, format, include)

    @app.post('/fields', openapi_extra=_UPLOAD, responses=_REFUSALS)
    async def fields(
        request: Request,
        profile: ProfileOption = None,
        format: FormatOption = Format.json,
        include: IncludeOption = None,
    ) -> Response:
        """Find the white cells in fields of a smear, and tell their types.

        `cells` has the rows of `daffnet fields`, with boxes in pixels, and
        `fields` the size of each field and the number of its cells, which may
        be 0.
        """
        return await respond(request, Subject.fields, profile, format, include)

    @app.post('/report', openapi_extra=_UPLOAD, responses=_REFUSALS)
    async def report(
        request: Request,
        profile: ProfileOption = None,
        of: Annotated[
            Subject, Query(description='What the images show.')
        ] = Subject.cells,
    ) -> Response:
        """Write the report of `daffnet predict`, or `daffnet fields`.

        It is one page, for A4 paper.
        """
        content = await answer(
            request,
            profile,
            of,
            lambda answered: html_of(answered, '/report').encode(),
        )
        return Response(content, media_type='text/html', headers=_OF_REPORT)

    @app.get('/health')
    async def health() -> dict[str, Any]:
        """Say that the service answers, and how many requests it has."""
        return dict(status='ok', requests=workplace.taken)

    @app.get('/model')
    async def tell_model() -> dict[str, Any]:
        """Say which model answers, what it knows, and what requests may be."""
        return dict(
            name=model.name,
            sha256=model.sha256,
            version=model.version,
            classes=list(classifier.classes),
            attributes=classifier.card.attributes,
            profile=profile if profile in ('auto', 'none') else 'file',
            reference_ranges=REFERENCE_RANGES,
            reference_source=REFERENCE_SOURCE,
            limits=dict(vars(limits), max_pixels=reading['max_pixels']),
        )

    @app.get('/docs', include_in_schema=False)
    async def docs() -> Response:
        return Response(describe_routes(app.openapi()), media_type='text/html')

    for path, (name, kind) in _FILES.items():
        _add_file(app, path, name, kind)
    return app


def _add_file(app: FastAPI, path: str, name: str, kind: str) -> None:
    content = files(__package__).joinpath('page').joinpath(name).read_bytes()

    @app.get(path, include_in_schema=False)
    async def send() -> Response:
        return Response(content, media_type=kind)


def _csv_of(answered: Answered) -> str:
    file = io.StringIO()
    write_rows(file, iter(answered.rows), answered.rows.columns)
    return file.getvalue()
