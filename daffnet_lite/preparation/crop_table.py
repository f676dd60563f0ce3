"""The table in a folder of crops: which field each was cut from, and where.

A release that was cut keeps its tree, so that it is read as the release is.
What file names no longer tell, which crops belong together, stands here.
"""

import os.path as osp

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import read_csv

#: Its name in the folder that was cut.
CROP_TABLE = 'boxes.csv'
#: ``image`` is a crop, ``group`` its field, both as paths in their folders;
#: the box is the cell's own, in pixels of the field. So it is a group file.
CROP_COLUMNS = ('image', 'group', 'x1', 'y1', 'x2', 'y2')
#: The command that makes such a folder.
CROPPING = 'daffnet crop'


def read_fields(folder: str) -> dict[str, str]:
    """Read which field each crop in a folder comes from.

    Args:
        folder (str): A folder that ``daffnet crop`` wrote, or any other.

    Returns:
        dict[str, str]: The field by crop, both with forward slashes and
        otherwise as the disk has them, in the order of the table: of one field
        the largest cell first. Empty if the folder has no table.

    Raises:
        InputError: If there is a table that does not say it.
    """
    path = osp.join(folder, CROP_TABLE)
    if not osp.isfile(path):
        return {}
    try:
        rows = list(read_csv(path, CROP_COLUMNS))
    except InputError as e:
        raise InputError(
            f'{e}; `{CROPPING} RELEASE {folder}` writes this table, also '
            'where the crops are there already; a file of another origin '
            'needs another name'
        ) from e
    fields: dict[str, str] = {}
    for where, row in rows:
        crop, field = (row[c].replace('\\', '/') for c in ('image', 'group'))
        if not crop or not field:
            raise InputError(f'{where}: a crop and its field must be named')
        if crop in fields:
            raise InputError(f'{where}: crop {crop} is named twice')
        fields[crop] = field
    return fields
