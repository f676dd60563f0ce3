"""Names of files: shown to people, and made of one another."""

import os.path as osp
import unicodedata
from collections import Counter
from collections.abc import Iterable


def printable(text: str) -> str:
    r"""Write out what a terminal would act upon, or could not show.

    Args:
        text (str): Such as a path, in which anything but ``/`` may stand.

    Returns:
        str: The text, with escapes such as ``\n`` for control characters
        and for bytes that are not UTF-8.
    """
    if text.isprintable():
        return text
    return ''.join(
        c if c.isprintable() else c.encode('unicode_escape').decode('ascii')
        for c in text
    )


def valid_unicode(text: str) -> str:
    r"""Write out the bytes of a name that are not UTF-8.

    Args:
        text (str): A name as Python reads it from the disk.

    Returns:
        str: The text, with escapes such as ``\udcff`` for such bytes.
    """
    return text.encode('utf-8', 'backslashreplace').decode('utf-8')


def is_valid_unicode(text: str) -> bool:
    """Say whether a name can be written in UTF-8."""
    return text.isascii() or valid_unicode(text) == text


def unique_stems(names: Iterable[str]) -> dict[str, str]:
    """Name outputs after inputs, without an ending that tells nothing.

    Inputs that differ in their ending alone (``a.png``, ``a.jpg``), or only
    seem to differ once outputs are numbered (``a.png``, ``a_0.png``), keep
    it. Capitals do not make a difference: some disks know none.

    Args:
        names (Iterable[str]): Different names or relative paths.

    Returns:
        dict[str, str]: A stem for each name, no two of them alike.
    """
    names = list(dict.fromkeys(names))
    number = Counter(_key(osp.splitext(name)[0]) for name in names)
    whole = {_key(name) for name in names}
    stems, taken = {}, set()
    for name in names:
        stem = osp.splitext(name)[0]
        key = _key(stem)
        before, mark, digits = key.rpartition('_')
        if (
            number[key] > 1
            or key in whole
            or (mark and digits.isdecimal() and before in number)
        ):
            stem = name
        unique, count = stem, 1
        # Names that differ in capitals alone are still alike.
        while _key(unique) in taken:
            count += 1
            unique = f'{stem}~{count}'
        taken.add(_key(unique))
        stems[name] = unique
    return stems


def file_stems(paths: Iterable[str]) -> list[str]:
    """Name outputs after files, by what tells the files apart.

    Args:
        paths (Iterable[str]): The files, anywhere.

    Returns:
        list[str]: For each the stem of an output, see :func:`unique_stems`:
        its path relative to the folder that holds them all.
    """
    paths = [osp.abspath(path) for path in paths]
    if not paths:
        return []
    root = osp.commonpath([osp.dirname(path) for path in paths])
    names = [osp.relpath(path, root) for path in paths]
    stems = unique_stems(names)
    return [stems[name] for name in names]


def _key(name: str) -> str:
    return unicodedata.normalize('NFC', name).casefold()


def normalize_name(name: str) -> str:
    """Write an image name in the one form in which names are compared.

    Args:
        name (str): As a table or a disk has it. Windows has backslashes, and
            macOS spells an accent as a character of its own, Linux not.

    Returns:
        str: The name with forward slashes, and accents in their letters.
    """
    return unicodedata.normalize('NFC', name.replace('\\', '/'))
