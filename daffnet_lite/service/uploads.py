"""Images out of a request, read as it comes, and never onto the disk."""

import asyncio
import os.path as osp
import time
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import Request
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from daffnet_lite.fileio.names import printable
from daffnet_lite.intake import NamedContent

from .limits import Limits
from .refusals import RefusedError

#: Letters of a file's name that are kept, at its end.
LONGEST_NAME = 120
#: How much more than a request may have is read of one that is refused.
_DISCARDED = 4
_HOW = 'send each image as a file of multipart/form-data'


async def read_uploads(request: Request, limits: Limits) -> list[NamedContent]:
    """Read the images of a request.

    Args:
        request (Request): The request.
        limits (Limits): Its limits, which hold while it arrives.

    Returns:
        list[NamedContent]: The files, whose names differ and are no paths.

    Raises:
        RefusedError: If it is none, too large, too slow or broken.
    """
    chunks = request.stream()
    until = time.monotonic() + limits.upload_seconds
    try:
        announced = request.headers.get('content-length', '')
        if announced.isdecimal() and int(announced) > limits.request_bytes:
            raise _too_large(limits)
        form = _Form(_boundary(request), limits)
        await asyncio.wait_for(form.read(chunks), limits.upload_seconds)
    except RefusedError:
        # Most clients send all before they read the answer. One that asks
        # whether to go on does not.
        if request.headers.get('expect', '').lower() != '100-continue':
            with suppress(asyncio.TimeoutError, ClientDisconnect):
                await asyncio.wait_for(
                    _discard(chunks, _DISCARDED * limits.request_bytes),
                    until - time.monotonic(),
                )
        raise
    except asyncio.TimeoutError:
        raise RefusedError(
            408,
            f'the request did not arrive within {limits.upload_seconds:g} '
            'seconds: send fewer or smaller images at once',
            {'Connection': 'close'},
        ) from None
    except ClientDisconnect:
        raise RefusedError(400, 'the request broke off') from None
    return form.files()


async def _discard(chunks: AsyncIterator[bytes], most: int) -> None:
    async for chunk in chunks:
        most -= len(chunk)
        if most < 0:
            return


class _Form:
    """A form, part by part as its bytes come."""

    def __init__(self, boundary: bytes, limits: Limits) -> None:
        self._limits = limits
        self._names: list[str] = []
        self._contents: list[list[bytes]] = []
        self._size = 0  # of the last file
        self._field = self._value = b''  # of a header
        self._disposition = b''
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            dict(
                on_part_begin=self._begin_part,
                on_header_field=self._add_field,
                on_header_value=self._add_value,
                on_header_end=self._end_header,
                on_headers_finished=self._begin_file,
                on_part_data=self._add_content,
                on_end=self._end,
            ),
        )

    async def read(self, chunks: AsyncIterator[bytes]) -> None:
        """Take all chunks of the body."""
        total = 0
        async for chunk in chunks:
            total += len(chunk)
            if total > self._limits.request_bytes:
                raise _too_large(self._limits)
            try:
                self._parser.write(chunk)
            except FormParserError:
                raise RefusedError(
                    400, f'the request is no form that can be read: {_HOW}'
                ) from None

    def files(self) -> list[NamedContent]:
        """Give the files."""
        if not self._ended:
            raise RefusedError(
                400, 'the request ends in the middle of its form'
            )
        if not self._names:
            raise RefusedError(400, f'the request holds no image: {_HOW}')
        found = []
        for content, name in zip(
            self._contents, _different(self._names), strict=True
        ):
            found.append(NamedContent(b''.join(content), name))
            content.clear()  # no file is held twice for long
        return found

    def _begin_part(self) -> None:
        self._disposition = b''

    def _add_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._field.lower() == b'content-disposition':
            self._disposition = self._value
        self._field = self._value = b''

    def _begin_file(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b'filename' not in options:
            name = _plain(options.get(b'name', b'')) or 'without a name'
            raise RefusedError(400, f'the part {name} is no file: {_HOW}')
        if len(self._names) == self._limits.files:
            raise RefusedError(
                413,
                f'the request has more than {self._limits.files} files: send '
                'the rest by further requests',
            )
        self._names.append(_plain(options[b'filename']))
        self._contents.append([])
        self._size = 0

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        self._size += end - start
        if self._size > self._limits.file_bytes:
            name = self._names[-1] or f'image {len(self._names)}'
            raise RefusedError(
                413,
                f'{name} has more than {self._limits.file_bytes} bytes: send '
                'it smaller',
            )
        self._contents[-1].append(data[start:end])

    def _end(self) -> None:
        self._ended = True


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get('content-type'))
    if kind != b'multipart/form-data':
        raise RefusedError(
            415, f'the request is no multipart/form-data: {_HOW}'
        )
    boundary = options.get(b'boundary', b'')
    if not 0 < len(boundary) <= 70:  # as RFC 2046 has it
        raise RefusedError(400, 'the form has no boundary, or a broken one')
    return boundary


def _too_large(limits: Limits) -> RefusedError:
    return RefusedError(
        413,
        f'the request has more than {limits.request_bytes} bytes: send fewer '
        'images at once',
    )


def _plain(name: bytes) -> str:
    """Make of what a client calls a file a name without a folder."""
    text = name.decode('utf-8', 'replace').replace('\\', '/')
    return printable(text.rpartition('/')[2].strip())[-LONGEST_NAME:]


def _different(names: list[str]) -> list[str]:
    """Number the names that come again, and what has none."""
    taken: set[str] = set()
    found = []
    for place, name in enumerate(names, 1):
        different = name = name or f'image {place}'
        stem, ending = osp.splitext(name)
        count = 1
        while different in taken:
            count += 1
            different = f'{stem} ({count}){ending}'
        taken.add(different)
        found.append(different)
    return found
