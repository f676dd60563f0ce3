"""Texts that people's programs wrote, in whatever encoding."""

import codecs
import os
from pathlib import Path

from daffnet_lite.errors import InputError

from .names import printable
from .regular_files import read_regular

#: What files begin with to tell their encoding. Of two marks of which one
#: begins with the other, the longer comes first.
_MARKS = {
    codecs.BOM_UTF32_LE: 'utf-32',
    codecs.BOM_UTF32_BE: 'utf-32',
    codecs.BOM_UTF16_LE: 'utf-16',
    codecs.BOM_UTF16_BE: 'utf-16',
    codecs.BOM_UTF8: 'utf-8-sig',
}


def read_text(
    path: str | os.PathLike[str], title: str | None = None
) -> tuple[str, str | None]:
    """Read a text: UTF-8, UTF-16 or, failing these, Windows-1252.

    The last, of which Latin-1 is a part, is what spreadsheets in western
    Europe write unless told otherwise. As nearly any bytes can be read so, it
    is told.

    Args:
        path (str | Path): The file.
        title (str, optional): What the messages call it. Defaults to None:
            its path.

    Returns:
        tuple[str, str | None]: The text, with line ends as they are; and a
        sentence on how it was read, if that may be wrong.

    Raises:
        InputError: If there is no such file, or it is no text.
    """
    title = title or str(path)
    try:
        content = read_regular(Path(path))
    except FileNotFoundError as e:
        raise InputError(f'{title} does not exist') from e
    except OSError as e:
        raise InputError(f'{title} cannot be read ({e.strerror})') from e
    encoding = _told_encoding(content)
    try:
        text = content.decode(encoding or 'utf-8')
    except UnicodeDecodeError as e:
        if encoding is not None:
            raise InputError(
                f'{title} begins as {encoding.upper()}, but is not: it is '
                'damaged; save it as UTF-8'
            ) from e
        return _read_windows(content, title, e.start)
    if '\0' in text:
        raise InputError(
            f'{title}, line {1 + text.count(chr(10), 0, text.index(chr(0)))}'
            ': zero bytes, which no text has; save it as UTF-8'
        )
    return text, None


def _told_encoding(content: bytes) -> str | None:
    """Find what a mark tells, or the zeros that UTF-16 has beside ASCII."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    if len(content) > 1 and content[0] and not content[1]:
        return 'utf-16-le'
    if len(content) > 1 and content[1] and not content[0]:
        return 'utf-16-be'
    return None


def _read_windows(
    content: bytes, title: str, start: int
) -> tuple[str, str | None]:
    line = 1 + content.count(b'\n', 0, start)
    try:
        text = content.decode('cp1252')
    except UnicodeDecodeError as e:
        raise InputError(
            f'{title}, line {line}: byte {content[start]:#04x} is neither '
            'UTF-8 nor Windows-1252; save it as UTF-8'
        ) from e
    example = content[:start].rpartition(b'\n')[2].decode('cp1252')[-20:]
    example += content[start : start + 20].decode('cp1252').split('\n')[0]
    return text, (
        f'{title} is not UTF-8 and was read as Windows-1252, such as '
        f'{printable(example.strip())!r} in line {line}; save it as UTF-8 if '
        'that is wrong'
    )
