"""Find flipped bits by the checksums that a checkpoint carries."""

import zipfile

_BLOCK = 1 << 20


class DamagedError(ValueError):
    """A checkpoint is not as it was written; the text says where."""


def check_sums(archive: zipfile.ZipFile) -> None:
    """Compare each part of a checkpoint with its checksum.

    PyTorch writes checksums, as every ZIP archive has them, but does not read
    them. Where it was told to write none, all are zero, and nothing can be
    said.

    Args:
        archive (ZipFile): The checkpoint, open.

    Raises:
        DamagedError: If a part is not as it was written.
    """
    entries = archive.infolist()
    if not any(entry.CRC for entry in entries):
        return
    for entry in entries:
        try:
            with archive.open(entry) as part:
                while part.read(_BLOCK):
                    pass
        except zipfile.BadZipFile as error:
            name = entry.filename.partition('/')[2]
            raise DamagedError(
                f'its part {name} differs from its checksum'
            ) from error
