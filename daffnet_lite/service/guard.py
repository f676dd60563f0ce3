"""Who may ask, and what a browser may do with the answer."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .refusals import RefusedError

#: What a browser is to make of the answers: nothing is loaded from elsewhere,
#: no text of an answer runs, and no other page shows or reads them.
HEADERS = {
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
        "'self' data:; connect-src 'self'; base-uri 'none'; form-action "
        "'none'; frame-ancestors 'none'"
    ),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cache-Control': 'no-store',
}


class Guard:
    """Refuse what another page made a browser send, and harden all answers.

    A page elsewhere may let its own name lead to this machine ("DNS
    rebinding"), or post a form to it. The first is seen by the name that is
    asked for: an address, ``localhost`` and the service's own names will do.

    Args:
        app (ASGIApp): The application.
        names (Sequence[str]): The service's own names.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        # With a scheme or a port, too, as people copy them.
        self._names = {'localhost', *map(host_of, names)} - {''}

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request."""
        if scope['type'] != 'http':
            await self._app(scope, receive, send)
            return

        async def harden(message: Message) -> None:
            if message['type'] == 'http.response.start':
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, harden)
        else:
            await refusal.response()(scope, receive, harden)

    def _refusal(self, headers: Headers) -> RefusedError | None:
        host = headers.get('host', '')
        if not self._is_known(host):
            return RefusedError(
                400,
                'the service is not known by the name that was asked for: '
                'call it by its address, or start it with --allow-host NAME',
            )
        origin = headers.get('origin')
        if origin is not None and not _is_of(origin, host):
            return RefusedError(
                403, 'pages of another place may not send requests here'
            )
        return None

    def _is_known(self, host: str) -> bool:
        name = host_of(host)
        if name in self._names:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def _is_of(origin: str, host: str) -> bool:
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


def host_of(text: str) -> str:
    """Find the name in a host's address.

    Args:
        text (str): With or without a scheme and a port.

    Returns:
        str: The name, in small letters; empty where there is none.
    """
    try:
        found = urlsplit(text if '//' in text else f'//{text}').hostname
    except ValueError:
        return ''
    return (found or '').lower()
