"""Fingerprints on the disk: those of 100,000 images are half a gigabyte."""

from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import numpy as np

from daffnet_lite.errors import InputError

from .detail_correlation import DETAIL_SIZE
from .near_duplicates import Fingerprint
from .similar_hashes import HASH_SIZE, SYMMETRIES

_RECORD = np.dtype(
    [
        ('digest', 'S64'),
        ('hashes', np.uint8, (SYMMETRIES, HASH_SIZE)),
        ('detail', np.int8, (2, DETAIL_SIZE, DETAIL_SIZE)),
    ]
)


class StoredFingerprint(Fingerprint):
    """A fingerprint that is read from the disk each time it is looked at.

    Args:
        file (IO[bytes]): Where it stands.
        place (int): How many stand before it.
    """

    _file: IO[bytes]
    _place: int

    def __init__(self, file: IO[bytes], place: int) -> None:
        # It is frozen, and a dict of the two would take more memory.
        object.__setattr__(self, '_file', file)
        object.__setattr__(self, '_place', place)

    @property
    def digest(self) -> str:
        """See :class:`Fingerprint`."""
        return self._read('digest').item().decode('ascii')

    @property
    def hashes(self) -> np.ndarray:
        """See :class:`Fingerprint`."""
        return self._read('hashes')

    @property
    def detail(self) -> np.ndarray:
        """See :class:`Fingerprint`."""
        return self._read('detail')

    def _read(self, name: str) -> np.ndarray:
        kind, offset = _RECORD.fields[name][:2]  # type: ignore[index]
        self._file.seek(self._place * _RECORD.itemsize + offset)
        content = self._file.read(kind.itemsize)
        return np.frombuffer(content, kind.base).reshape(kind.shape)


class FingerprintStore:
    """Keeps fingerprints in a file that goes when nobody needs it any more.

    Args:
        folder (Path): Where there is room.

    Raises:
        InputError: If nothing can be written there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        try:
            # Open as long as a fingerprint in it is known to somebody.
            self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._unusable(error) from error

    def keep(self, fingerprint: Fingerprint) -> StoredFingerprint:
        """Write a fingerprint down.

        Args:
            fingerprint (Fingerprint): The fingerprint.

        Returns:
            StoredFingerprint: The same.

        Raises:
            InputError: If it cannot be written.
        """
        record = np.zeros((), _RECORD)
        for name in _RECORD.names or ():
            record[name] = getattr(fingerprint, name)
        try:
            self._file.seek(self._number * _RECORD.itemsize)
            if self._file.write(record.tobytes()) != _RECORD.itemsize:
                raise OSError('no space is left')
        except OSError as error:
            raise self._unusable(error) from error
        self._number += 1
        return StoredFingerprint(self._file, self._number - 1)

    def _unusable(self, error: OSError) -> InputError:
        return InputError(
            f'{self._folder} cannot hold the fingerprints of the images '
            f'({error.strerror or error}): free space on its disk, or name '
            'another folder'
        )
