"""Facts of images kept on disk, so that a killed audit goes on."""

import hashlib
import io
import json
import os
import sqlite3
import time
import warnings
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio import image_decoding, pixel_values, tiff_pages
from daffnet_lite.framing import cell_frame

from . import cell_window, image_check, near_duplicates, similar_hashes
from .image_check import ImageFacts, Part
from .near_duplicates import Fingerprint

#: Seconds between two commits; each waits for the disk.
_COMMIT_INTERVAL = 2.0


class FactsCache:
    """What earlier runs found out, by file and parts of it.

    An entry counts as long as the file's size and time of change, the code
    that computed it and the settings are the same. SQLite keeps entries whole:
    a killed process loses those of its last seconds and leaves no half of one.
    What a disk has damaged is left out or, where SQLite cannot go on, begun
    anew; both is said by an ``InputWarning``.

    Args:
        path (Path): The file, made if it does not exist.
        reading (Mapping, optional): With which settings images are read.
            Defaults to none.

    Raises:
        InputError: If it cannot be read or written.
    """

    def __init__(self, path: Path, reading: Mapping | None = None) -> None:
        self._path = path
        self._code = _code_version()
        if reading:
            self._code += f' {json.dumps(dict(reading), sort_keys=True)}'
        self._committed = time.monotonic()
        self._damaged = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        self._database: sqlite3.Connection
        self._try(self._connect)

    def __enter__(self) -> 'FactsCache':
        return self

    def __exit__(self, *_) -> None:
        try:
            self._try(self._database.commit)
        finally:
            self._database.close()
        if self._damaged:
            warnings.warn(
                f'the cache of the audit, {self._path}, has '
                f'{self._damaged} damaged entries: their images were looked '
                'at again',
                InputWarning,
                stacklevel=2,
            )

    def get(self, path: str, boxes: tuple[Part, ...]) -> ImageFacts | None:
        """Look an image up.

        Args:
            path (str): The image file.
            boxes (tuple[Part, ...]): The parts whose fingerprints are needed.

        Returns:
            ImageFacts | None: None if nothing valid is known.
        """
        try:
            state = self._state(path)
        except OSError:
            return None
        rows = self._execute(
            'SELECT facts, fingerprints, checksum FROM checked_facts '
            'WHERE key = ? AND state = ?',
            (_key(path, boxes), state),
        )
        if not rows:
            return None
        text, packed, checksum = rows[0]
        if _checksum(text, packed) != checksum:
            self._damaged += 1
            return None
        facts = ImageFacts(**json.loads(text))
        # Earlier versions kept faults.
        if facts.fault is not None:
            return None
        facts.fingerprints = dict(
            zip(boxes, _unpack(packed, len(boxes)), strict=True)
        )
        return facts

    def put(
        self, path: str, boxes: tuple[Part, ...], facts: ImageFacts
    ) -> None:
        """Keep what was found, unless it is a fault, which may pass.

        Args:
            path (str): The image file.
            boxes (tuple[Part, ...]): The parts with fingerprints.
            facts (ImageFacts): What was found.
        """
        if facts.fault is not None:
            return
        try:
            state = self._state(path)
        except OSError:
            return
        fingerprints = facts.fingerprints
        facts.fingerprints = {}
        text = json.dumps(asdict(facts))
        facts.fingerprints = fingerprints
        packed = (
            _pack([fingerprints[box] for box in boxes])
            if fingerprints
            else b''
        )
        self._execute(
            'INSERT OR REPLACE INTO checked_facts VALUES (?, ?, ?, ?, ?)',
            (_key(path, boxes), state, text, packed, _checksum(text, packed)),
        )
        if time.monotonic() - self._committed > _COMMIT_INTERVAL:
            self._try(self._database.commit)
            self._committed = time.monotonic()

    def _execute(self, command: str, values: tuple) -> list[tuple]:
        return self._try(
            lambda: self._database.execute(command, values).fetchall()
        )

    def _connect(self) -> None:
        self._database = sqlite3.connect(self._path)
        # Bytes that are no text any more are for the checksum to find.
        self._database.text_factory = partial(
            str, encoding='utf-8', errors='replace'
        )
        # As version 0.1.0 has it, without checksums.
        self._database.execute('DROP TABLE IF EXISTS facts')
        self._database.execute(
            'CREATE TABLE IF NOT EXISTS checked_facts (key TEXT PRIMARY KEY, '
            'state TEXT, facts TEXT, fingerprints BLOB, checksum INTEGER)'
        )

    def _try(self, action: Callable) -> Any:
        """Do something, if need be with a new cache for a damaged one."""
        try:
            try:
                return action()
            except sqlite3.DatabaseError as error:
                if _is_about_machine(error):
                    raise
                self._begin_anew(error)
                return action()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _begin_anew(self, error: sqlite3.Error) -> None:
        with suppress(sqlite3.Error):
            self._database.close()
        try:
            self._path.unlink()
        except OSError as failure:
            raise self._unusable(failure) from error
        warnings.warn(
            f'the cache of the audit, {self._path}, was damaged ({error}) and '
            'is begun anew: images are looked at again',
            InputWarning,
            stacklevel=2,
        )
        self._connect()

    def _state(self, path: str) -> str:
        status = os.stat(path)
        return f'{status.st_size} {status.st_mtime_ns} {self._code}'

    def _unusable(self, error: Exception) -> InputError:
        return InputError(
            f'the cache of the audit, {self._path}, cannot be used ({error}): '
            'free space on its disk, or name another --out-dir'
        )


def _is_about_machine(error: sqlite3.DatabaseError) -> bool:
    """Is the disk full, read-only or locked, rather than the file damaged?"""
    # A file of another format, or with other columns, is a plain "error";
    # Python 3.10 does not tell it from the others.
    code = getattr(error, 'sqlite_errorcode', None)
    return isinstance(error, sqlite3.OperationalError) and code != 1


def _code_version() -> str:
    """Digest of the code on which the facts depend."""
    digest = hashlib.sha256()
    for module in (
        near_duplicates,
        similar_hashes,
        image_check,
        cell_window,
        cell_frame,
        image_decoding,
        pixel_values,
        tiff_pages,
    ):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def _checksum(text: str, packed: bytes) -> int:
    return zlib.crc32(packed, zlib.crc32(text.encode()))


def _key(path: str, boxes: tuple[Part, ...]) -> str:
    return json.dumps([os.path.abspath(path), boxes])


def _pack(fingerprints: list[Fingerprint]) -> bytes:
    buffer = io.BytesIO()
    for one in fingerprints:
        np.save(buffer, np.frombuffer(one.digest.encode('ascii'), np.uint8))
        np.save(buffer, one.hashes)
        np.save(buffer, one.detail)
    return buffer.getvalue()


def _unpack(packed: bytes, number: int) -> list[Fingerprint]:
    buffer = io.BytesIO(packed)
    return [
        Fingerprint(
            np.load(buffer, allow_pickle=False).tobytes().decode('ascii'),
            np.load(buffer, allow_pickle=False),
            np.load(buffer, allow_pickle=False),
        )
        for _ in range(number)
    ]
