import os.path as osp
from dataclasses import dataclass

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.version import __version__


@dataclass(frozen=True)
class ModelIdentity:
    """Which model answered, so that somebody can look it up.

    Args:
        name (str): The file's name, without its folder.
        sha256 (str): Of what is in the file, hexadecimal.
        version (str): Of this package.
    """

    name: str
    sha256: str
    version: str = __version__

    @classmethod
    def of_file(cls, path: str) -> 'ModelIdentity':
        """Read a checkpoint's, or an exported model's.

        Args:
            path (str): The file.

        Raises:
            InputError: If it is not on this machine.
        """
        try:
            sha256 = file_sha256(path)
        except OSError as error:
            raise InputError(
                f'{path} cannot be read ({error.strerror}), so that a report '
                'cannot say which model it is: name a file on this machine'
            ) from error
        return cls(osp.basename(path), sha256)
