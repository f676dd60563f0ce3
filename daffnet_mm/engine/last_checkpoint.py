"""Which checkpoint of a work folder an interrupted training goes on from."""

import os
import os.path as osp
import re
from collections.abc import Iterator

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_mm.checkpoints import check_file

#: MMEngine's name for the file that names the last checkpoint.
LAST = 'last_checkpoint'


def name_last(work_dir: str, checkpoint: str) -> None:
    """Note the last checkpoint, so that the folder can be moved or copied.

    Args:
        work_dir (str): The work folder.
        checkpoint (str): The checkpoint.
    """
    with atomic_write(osp.join(work_dir, LAST)) as file:
        file.write(osp.relpath(checkpoint, work_dir))


def find_last(
    work_dir: str, folder: str, template: str
) -> tuple[str | None, list[str]]:
    """Find the checkpoint to resume from.

    Args:
        work_dir (str): The work folder.
        folder (str): The folder of the checkpoints.
        template (str): Their names, such as ``'epoch_{}.pth'``.

    Returns:
        tuple[str | None, list[str]]: The last one; if it is damaged or not
        named, the newest that is whole; None if there is none. And sentences
        on what is otherwise than it should be.

    Raises:
        InputError: If there are checkpoints, and all are damaged.
    """
    remarks = []
    named = _read_last(work_dir, folder)
    if named is None and osp.exists(osp.join(work_dir, LAST)):
        remarks.append(f'{osp.join(work_dir, LAST)} names no checkpoint')
    candidates = [] if named is None else [named]
    candidates += _older(folder, template, named)
    damaged = 0
    for path in candidates:
        try:
            check_file(path)
        except FileNotFoundError as error:
            remarks.append(str(error))
        except InputError as error:
            remarks.append(str(error))
            damaged += 1
        else:
            if remarks:
                remarks.append(f'{path} is the newest that is whole')
            return path, remarks
    if damaged:
        raise InputError(
            f'{work_dir} has no whole checkpoint to resume from '
            f'({"; ".join(remarks)}): delete what is damaged to train from '
            'the start, or name another by --resume CHECKPOINT'
        )
    return None, remarks


def _read_last(work_dir: str, folder: str) -> str | None:
    try:
        with open(
            osp.join(work_dir, LAST), encoding='utf-8', errors='replace'
        ) as file:
            name = file.read().strip()
    except FileNotFoundError:
        return None
    if not name or '\0' in name:
        return None
    # MMEngine's own hook writes where the folder was at the time.
    here = osp.join(folder, osp.basename(name))
    return here if osp.isfile(here) else osp.join(work_dir, name)


def _older(folder: str, template: str, named: str | None) -> Iterator[str]:
    """List checkpoints, the newest first, from before the one named."""
    begin, _, end = template.partition('{}')
    pattern = re.compile(rf'{re.escape(begin)}(\d+){re.escape(end)}')
    found = {}
    for name in os.listdir(folder) if osp.isdir(folder) else ():
        match = pattern.fullmatch(name)
        if match:
            found[int(match[1])] = name
    # What has a higher number is of another training.
    match = pattern.fullmatch(osp.basename(named or ''))
    for number in sorted(found, reverse=True):
        if match is None or number < int(match[1]):
            yield osp.join(folder, found[number])
