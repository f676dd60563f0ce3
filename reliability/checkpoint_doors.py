"""Take damaged and hostile checkpoints through every door.

Usage:
    python reliability/checkpoint_doors.py [--doors NAME ...]
        [--kinds NAME ...]

The kinds of damage and the doors are those of ``tests/test_checkpoints``,
where some of each are put together in every run of the tests; here each kind
meets each door, in one process. A hostile value stands in a checkpoint that
is else genuine. The verdict is right if the door ends in one sentence that
names the file, before it has written anything. MMEngine's and MMPretrain's own
doors take whole weights of another model, by their design, with a warning:
there, that is right, too.

What was wrong is printed in full, and the exit status is 1.
"""

import argparse
import atexit
import contextlib
import io
import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
# The tests are no package; what they share is imported by its own name.
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'tests' / 'test_checkpoints')]

import test_contents as contents  # noqa: E402
import test_doors as doors  # noqa: E402

from daffnet_lite.errors import InputError  # noqa: E402


def hostile(attack: str) -> Callable[[Path], None]:
    """Write a genuine checkpoint with a value that is none."""

    def write(path: Path) -> None:
        info = dict(runtime_info=dict(x=[contents.ATTACKS[attack]]))
        torch.save(dict(doors.genuine(), message_hub=info), path)

    return write


def compressed(path: Path) -> None:
    """Pack a thousand times more than there are bytes."""
    content = doors.genuine()
    content['state_dict']['more'] = torch.zeros(10**6)
    torch.save(content, path)
    contents.rewrite(path, compression=zipfile.ZIP_DEFLATED)


def flipped(path: Path) -> None:
    """Change one bit of the weights."""
    torch.save(doors.genuine(), path)
    with zipfile.ZipFile(path) as archive:
        largest = max(archive.infolist(), key=lambda part: part.file_size)
        place = largest.header_offset + largest.file_size // 2
    data = bytearray(path.read_bytes())
    data[place] ^= 8
    path.write_bytes(data)


KINDS: dict[str, Callable[[Path], None]] = {
    **{kind.__name__.replace('_', ' '): kind for kind in doors.KINDS},
    **{f'hostile: {a}': hostile(a) for a in contents.ATTACKS},
    'compressed': compressed,
    'a flipped bit': flipped,
}
DOORS: dict[str, Callable] = {
    door.__name__: door for door in (*doors.DOORS, *doors.FOREIGN_DOORS)
}


def passes(door: str, kind: str) -> bool:
    """Say whether a door takes a whole file, whatever weights are in it."""
    return (
        DOORS[door] in doors.FOREIGN_DOORS and KINDS[kind] in doors.WITHOUT_FIT
    )


def go_through(door: Callable, path: str, files: doors.Files) -> str:
    """Take one file through a door; gives what is wrong with the answer."""
    written = io.StringIO()
    try:
        with (
            contextlib.redirect_stderr(written),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            door(path, files)
    except SystemExit as end:
        if end.code != 2:
            return f'ended with {end.code}'
        lines = written.getvalue().strip().splitlines() or ['']
        return fault_of(lines[-1], path)
    except (InputError, FileNotFoundError) as error:
        return fault_of(str(error), path)
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    return 'was taken'


def fault_of(sentence: str, path: str) -> str:
    """Say what is wrong with a sentence; nothing where it is right."""
    if path not in sentence:
        return f'does not name the file: {sentence}'
    if '\n' in sentence or len(sentence) > 450 + len(path):
        return f'is no one sentence: {sentence}'
    if 'weights_only' in sentence:
        return f'advises to switch off what protects: {sentence}'
    return ''


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--doors', nargs='+', choices=DOORS, default=DOORS)
    parser.add_argument('--kinds', nargs='+', choices=KINDS, default=KINDS)
    return parser


def main() -> None:
    """Run the tool."""
    args = build_parser().parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter('ignore')
    logging.disable()
    start = time.perf_counter()
    table = Table('door', 'one sentence', 'taken, by design', 'wrong')
    faults, number = [], 0
    folder = tempfile.mkdtemp()
    # After all that what was called here has to do in the end.
    atexit.register(shutil.rmtree, folder)
    # Where a name without a folder would end up.
    os.chdir(folder)
    damaged, own = Path(folder, 'damaged'), Path(folder, 'files')
    damaged.mkdir()
    own.mkdir()
    paths = {}
    for count, kind in enumerate(args.kinds):
        paths[kind] = damaged / f'{count}.pth'
        KINDS[kind](paths[kind])
    files = doors.Files(own)
    for door in track(
        args.doors, 'going through doors', console=Console(stderr=True)
    ):
        taken, wrong = 0, 0
        for kind, path in paths.items():
            fault = go_through(DOORS[door], str(path), files)
            if fault == 'was taken' and passes(door, kind):
                taken += 1
            elif fault:
                wrong += 1
                faults.append(f'{door}, {kind}: {fault}')
        right = len(paths) - taken - wrong
        number += right + taken
        table.add_row(door, *map(str, (right, taken, wrong)))
    Console(width=100).print(table)
    kinds, ways = len(args.kinds), len(args.doors)
    print(
        f'{kinds} checkpoints through {ways} doors: {number} of '
        f'{kinds * ways} right, in {time.perf_counter() - start:.0f} s'
    )
    print(*faults, sep='\n', file=sys.stderr)
    raise SystemExit(bool(faults))


if __name__ == '__main__':
    main()
