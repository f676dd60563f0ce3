"""Facts of images kept on disk, so that a killed audit goes on."""

import hashlib
import io
import json
import os
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from daffnet_mm.errors import InputError
from daffnet_mm.fileio import image_decoding, pixel_values, tiff_pages

from . import image_check, near_duplicates, similar_hashes
from .image_check import Box, ImageFacts
from .near_duplicates import Fingerprint

#: Seconds between two commits; each waits for the disk.
_COMMIT_INTERVAL = 2.0


class FactsCache:
    """What earlier runs found out, by file and parts of it.

    An entry counts as long as the file's size and time of change, the code
    that computed it and the settings are the same. SQLite keeps entries whole:
    a killed process loses those of its last seconds and leaves no half of one.

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
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path)
            self._database.execute(
                'CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, '
                'state TEXT, facts TEXT, fingerprints BLOB)'
            )
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error

    def __enter__(self) -> 'FactsCache':
        return self

    def __exit__(self, *_) -> None:
        try:
            self._database.commit()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        finally:
            self._database.close()

    def get(self, path: str, boxes: tuple[Box, ...]) -> ImageFacts | None:
        """Look an image up.

        Args:
            path (str): The image file.
            boxes (tuple[Box, ...]): The parts whose fingerprints are needed.

        Returns:
            ImageFacts | None: None if nothing valid is known.
        """
        try:
            state = self._state(path)
        except OSError:
            return None
        try:
            row = self._database.execute(
                'SELECT facts, fingerprints FROM facts '
                'WHERE key = ? AND state = ?',
                (_key(path, boxes), state),
            ).fetchone()
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if row is None:
            return None
        facts = ImageFacts(**json.loads(row[0]))
        if facts.fault is None:
            facts.fingerprints = dict(
                zip(boxes, _unpack(row[1], len(boxes)), strict=True)
            )
        return facts

    def put(
        self, path: str, boxes: tuple[Box, ...], facts: ImageFacts
    ) -> None:
        """Keep what was found.

        Args:
            path (str): The image file.
            boxes (tuple[Box, ...]): The parts with fingerprints.
            facts (ImageFacts): What was found.
        """
        try:
            state = self._state(path)
        except OSError:
            return
        fingerprints = facts.fingerprints
        facts.fingerprints = {}
        text = json.dumps(asdict(facts))
        facts.fingerprints = fingerprints
        try:
            self._database.execute(
                'INSERT OR REPLACE INTO facts VALUES (?, ?, ?, ?)',
                (
                    _key(path, boxes),
                    state,
                    text,
                    _pack([fingerprints[box] for box in boxes])
                    if fingerprints
                    else b'',
                ),
            )
            if time.monotonic() - self._committed > _COMMIT_INTERVAL:
                self._database.commit()
                self._committed = time.monotonic()
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def _state(self, path: str) -> str:
        status = os.stat(path)
        return f'{status.st_size} {status.st_mtime_ns} {self._code}'

    def _unusable(self, error: Exception) -> InputError:
        return InputError(
            f'the cache of the audit, {self._path}, cannot be used ({error}); '
            'delete it, free space on its disk, or name another --out folder'
        )


def _code_version() -> str:
    """Digest of the code on which the facts depend."""
    digest = hashlib.sha256()
    for module in (
        near_duplicates,
        similar_hashes,
        image_check,
        image_decoding,
        pixel_values,
        tiff_pages,
    ):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()[:16]


def _key(path: str, boxes: tuple[Box, ...]) -> str:
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
