"""Whatever goes wrong: a status and one sentence, as JSON."""

import sys
import traceback
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

#: What each status means, for the description of the service.
STATUSES = {
    400: 'The request is broken, or holds no image.',
    403: 'It comes from a page of another place.',
    408: 'It took too long to arrive.',
    413: 'It, or a file of it, has too many bytes, it has too many files, or '
    'its fields too many cells.',
    415: 'It is no multipart/form-data.',
    422: 'An option has no such value, or no image of it has an answer.',
    503: 'Too many requests wait, or it took too long to compute.',
}


class RefusedError(Exception):
    """A request that is refused.

    Args:
        status (int): The status of the answer.
        sentence (str): What is wrong, and what to do.
        headers (Mapping, optional): Further headers. Defaults to none.
    """

    def __init__(
        self,
        status: int,
        sentence: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = headers

    def response(self) -> JSONResponse:
        """Make the answer."""
        return JSONResponse(
            dict(error=str(self)), self.status, dict(self.headers or {})
        )


def answer_refusals(app: FastAPI, headers: Mapping[str, str]) -> None:
    """Let an application answer all that goes wrong in one form.

    Args:
        app (FastAPI): The application.
        headers (Mapping): Those of an answer to what nobody has foreseen,
            which no middleware sees.
    """

    @app.exception_handler(RefusedError)
    async def answer(request: Request, refusal: RefusedError) -> JSONResponse:
        return refusal.response()

    @app.exception_handler(HTTPException)
    async def answer_http(
        request: Request, error: HTTPException
    ) -> JSONResponse:
        sentences = {
            404: 'there is no such page: / is the first, /docs tells of all',
            405: f'{request.method} is not for this page: /docs tells what is',
        }
        sentence = sentences.get(error.status_code, error.detail)
        return RefusedError(
            error.status_code, sentence, error.headers
        ).response()

    @app.exception_handler(RequestValidationError)
    async def answer_options(
        request: Request, error: RequestValidationError
    ) -> JSONResponse:
        first = error.errors()[0]
        return RefusedError(
            422, f'{first["loc"][-1]}: {first["msg"]}, see /docs'
        ).response()

    @app.exception_handler(Exception)
    async def answer_fault(request: Request, error: Exception) -> JSONResponse:
        # What it says may name files of this machine.
        traceback.print_exception(error, file=sys.stderr)
        return RefusedError(
            500,
            'the service failed at this request, and what it failed of stands '
            'in its log',
            headers,
        ).response()
