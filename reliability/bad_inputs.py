"""Give the tools every kind of bad input, and see what they say.

Usage:
    python reliability/bad_inputs.py [--out-dir DIR]

All inputs are made here. Image files of each kind lie in a folder with whole
ones and go through ``predict``, ``audit_dataset``, ``resize_dataset`` and
``crop_cells``: each tool has to refuse each bad one in one sentence that names
it, to take each unusual one, and to do the whole ones. All else, such as
options, configs, tables and folders, goes to the tool that takes it, which has
to end with one sentence that says what is at fault, and exit status 2.

A kind is right if every tool that met it was. What was wrong is printed, and
the exit status is 1.
"""

import argparse
import contextlib
import io
import json
import os
import shutil
import struct
import sys
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from PIL import Image
from rich.console import Console
from rich.table import Table

from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.names import printable
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_mm.datasets.pseudo_labels import FORMAT

ROOT = Path(__file__).resolve().parents[1]
# Where the tests import tools and paint cells, and the script beside.
sys.path[:0] = [str(ROOT / 'tests'), str(ROOT / 'reliability')]

from pictures import picture  # noqa: E402
from scale import make_small_network  # noqa: E402
from tool_process import load_tool  # noqa: E402

TOOLS = {
    'predict': predict,
    'audit': load_tool('audit_dataset.py'),
    'resize': load_tool('dataset_converters/resize_dataset.py'),
    'crop': load_tool('dataset_converters/crop_cells.py'),
    'make_splits': load_tool('dataset_converters/make_splits.py'),
}
#: Those that look for a cell in an image, which must be large enough.
LOOKING = ('predict', 'crop')
#: Those that write a table of names.
TABULATING = ('audit', 'crop')
CELL = picture(0, 96, 90)


def encoded(form: str, image: Image.Image = CELL, **options) -> bytes:
    """Encode a whole image."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def cut(form: str, **options) -> bytes:
    """Encode half of an image."""
    content = encoded(form, **options)
    return content[: len(content) // 2]


def png(*chunks: tuple[bytes, bytes], damage: bytes = b'') -> bytes:
    """Put a PNG together."""
    content = b'\x89PNG\r\n\x1a\n'
    for kind, data in chunks:
        checksum = damage or zlib.crc32(kind + data).to_bytes(4, 'big')
        content += struct.pack('>I', len(data)) + kind + data + checksum
    return content


def header(width: int, height: int, bits: int = 8, kind: int = 2) -> tuple:
    """Say what a PNG holds."""
    size = struct.pack('>IIBBBBB', width, height, bits, kind, 0, 0, 0)
    return b'IHDR', size


def lying(form: str, place: int, layout: str, *size: int) -> bytes:
    """Write another size into a header."""
    content, said = encoded(form), struct.pack(layout, *size)
    return content[:place] + said + content[place + len(said) :]


PIXELS = (b'IDAT', zlib.compress(bytes(10000)))
END = (b'IEND', b'')
JPEG = encoded('jpeg')
START_OF_FRAME = JPEG.index(b'\xff\xc0')
TABLES = JPEG.index(b'\xff\xc4')
SCAN = JPEG.index(b'\xff\xda')
TIFF = encoded('tiff')

#: Files that are no image, or not a whole one, by their names.
BROKEN: dict[str, bytes] = {
    'empty.png': b'',
    'empty.jpg': b'',
    'one_byte.png': b'\x89',
    'zeros.jpg': bytes(5000),
    'text.png': b'no image\n' * 99,
    'page.jpg': b'<!DOCTYPE html><html>404 Not Found</html>',
    'pointer.jpg': b'version https://git-lfs.github.com/spec/v1\noid sha256:'
    + b'0' * 64
    + b'\nsize 12345\n',
    'archive.png': b'PK\x03\x04' + bytes(400),
    'program.bmp': b'\x7fELF' + bytes(400),
    'script.png': b'#!/bin/sh\ntouch ran\n',
    'document.jpg': b'%PDF-1.4\n%%EOF\n',
    'postscript.png': b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n',
    'drawing.png': b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    'json.jpg': b'{"image": 1}',
    'random.png': np.random.default_rng(0).bytes(3000),
    'random.jpg': np.random.default_rng(1).bytes(3000),
    'random.tif': np.random.default_rng(2).bytes(3000),
    'random.bmp': np.random.default_rng(3).bytes(3000),
    'random.gif': np.random.default_rng(4).bytes(3000),
    'random.webp': np.random.default_rng(5).bytes(3000),
    'half.png': cut('png'),
    'half.jpg': cut('jpeg'),
    'half.bmp': cut('bmp'),
    'half.gif': cut('gif'),
    'half.tif': cut('tiff'),
    'half_lzw.tif': cut('tiff', compression='tiff_lzw'),
    'half_deflate.tif': cut('tiff', compression='tiff_adobe_deflate'),
    'half.webp': cut('webp'),
    'half.ppm': cut('ppm'),
    'half.jp2': cut('jpeg2000'),
    'header_alone.png': encoded('png')[:33],
    'header_alone.jpg': JPEG[:SCAN],
    'header_alone.bmp': encoded('bmp')[:54],
    'header_alone.gif': encoded('gif')[:13],
    'lying.png': png(header(65500, 65500), PIXELS, END),
    'lying.jpg': lying('jpeg', START_OF_FRAME + 5, '>HH', 65500, 65500),
    'lying.bmp': lying('bmp', 18, '<ii', 65500, 65500),
    'lying.gif': lying('gif', 6, '<HH', 65500, 65500),
    'no_width.png': png(header(0, 90), PIXELS, END),
    'no_height.jpg': lying('jpeg', START_OF_FRAME + 5, '>HH', 0, 0),
    'wrong_checksum.png': png(header(50, 50), PIXELS, END, damage=b'abcd'),
    'no_pixels.png': png(header(50, 50), END),
    'pixels_no_stream.png': png(header(50, 50), (b'IDAT', b'abc' * 99), END),
    'few_pixels.png': png(
        header(50, 50), (b'IDAT', zlib.compress(bytes(99))), END
    ),
    'no_palette.png': png(header(50, 50, kind=3), PIXELS, END),
    'no_such_colour.png': png(header(50, 50, kind=5), PIXELS, END),
    'no_such_depth.png': png(header(50, 50, bits=3), PIXELS, END),
    'no_frame.jpg': JPEG[:START_OF_FRAME] + JPEG[SCAN:],
    'no_directory.tif': TIFF[:4] + struct.pack('<I', 2**31) + TIFF[8:],
    'directory_of_itself.tif': b'II*\x00\x08\x00\x00\x00\x00\x00'
    + struct.pack('<I', 8),
    'not_finite.tif': encoded(
        'tiff', Image.fromarray(np.full((90, 96), np.nan, np.float32))
    ),
    'not_a_size.ppm': b'P6\nten ten\n255\n' + bytes(300),
    'negative.ppm': b'P6\n-9 -9\n255\n' + bytes(300),
}
#: Files that cost themselves alone, of some tools.
USELESS: dict[str, tuple[bytes, Sequence[str]]] = {
    'one_pixel.png': (encoded('png', CELL.resize((1, 1))), LOOKING),
    'small.png': (encoded('png', CELL.resize((15, 15))), LOOKING),
    'narrow.png': (encoded('png', CELL.resize((200, 9))), LOOKING),
}
#: Unusual files that every tool takes.
UNUSUAL: dict[str, bytes] = {
    'grey.png': encoded('png', CELL.convert('L')),
    'one_bit.png': encoded('png', CELL.convert('1')),
    'palette.png': encoded('png', CELL.convert('P')),
    'alpha.png': encoded('png', CELL.convert('RGBA')),
    'cmyk.jpg': encoded('jpeg', CELL.convert('CMYK')),
    'progressive.jpg': encoded('jpeg', progressive=True),
    'sixteen_bits.png': encoded(
        'png', Image.fromarray(np.asarray(CELL.convert('L')) * np.uint16(257))
    ),
    'png_named.jpg': encoded('png'),
    'jpeg_named.png': JPEG,
    # As films hold them: the standard's own tables are meant.
    'no_tables.jpg': JPEG[:TABLES] + JPEG[SCAN:],
    'jpeg_and_more.jpg': JPEG + b'what a camera adds' * 99,
    'UPPER.PNG': encoded('png'),
    'ZÄHLUNG 1.png': encoded('png'),
    '[left].png': encoded('png'),
    ':cell:.png': encoded('png'),
    '=1+1.png': encoded('png'),
    '-1.png': encoded('png'),
    'a,b;"c".png': encoded('png'),
    'carriage\rreturn.png': encoded('png'),
    'line\nfeed.png': encoded('png'),
    'n' * 200 + '.png': encoded('png'),
}


def make_images(folder: Path) -> dict[str, Sequence[str]]:
    """Write the images; gives which tools have to refuse each."""
    kinds: dict[str, Sequence[str]] = {}
    everywhere = ('predict', 'audit', 'resize', 'crop')
    folder.mkdir(parents=True)
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
        kinds[name] = everywhere
    for name, (content, tools) in USELESS.items():
        (folder / name).write_bytes(content)
        kinds[name] = tools
    for name, content in UNUSUAL.items():
        (folder / name).write_bytes(content)
        kinds[name] = ()
    os.mkfifo(folder / 'pipe.png')
    (folder / 'endless.png').symlink_to('/dev/zero')
    (folder / 'nowhere.png').symlink_to('missing')
    (folder / 'loop.png').symlink_to('loop.png')
    (folder / 'null.png').symlink_to('/dev/null')
    for name in ('pipe', 'endless', 'nowhere', 'loop', 'null'):
        kinds[f'{name}.png'] = everywhere
    with open(os.fsencode(folder) + b'/caf\xe9.png', 'wb') as file:
        file.write(encoded('png'))
    kinds[os.fsdecode(b'caf\xe9.png')] = TABULATING
    for number in range(3):
        picture(number + 1).save(folder / f'whole_{number}.png')
        kinds[f'whole_{number}.png'] = ()
    return kinds


def run(tool: str, *words: object) -> tuple[int, str, str]:
    """Run a tool in this process; gives its status and what it wrote."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        try:
            status = TOOLS[tool].main([str(word) for word in words])
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else -1
        except Exception as error:
            print(f'{type(error).__name__}: {error}', file=err)
            status = -2
    return status, out.getvalue(), err.getvalue()


def check_images(folder: Path) -> dict[str, str]:
    """Take all images through four tools; gives what is wrong, by kind."""
    images = folder / 'images' / 'basophil'
    kinds = make_images(images)
    root = images.parent
    answers = folder / 'cells.json'
    network = make_small_network(folder)
    runs = dict(
        predict=run(
            'predict',
            root,
            *('--format', 'json', '--out', answers),
            *network,
        ),
        audit=run(
            'audit', root, '--out-dir', folder / 'audit', '--num-workers', 0
        ),
        resize=run(
            'resize',
            *(root, folder / 'small', '--short-edge', 48),
            *('--num-workers', 0),
        ),
        crop=run('crop', root, folder / 'crops', '--num-workers', 0),
    )
    for tool, (status, _, err) in runs.items():
        if status not in (0, 1):
            raise RuntimeError(f'{tool} ended with {status}: {err}')
    (source,) = json.loads((folder / 'audit' / 'audit.json').read_text())[
        'sources'
    ]
    refused = dict(
        predict=json.loads(answers.read_text())['errors'],
        audit=[f'/{f["image"]}: {f["message"]}' for f in source['faulty']]
        + lines_of(runs['audit'], 'warning: '),
        resize=lines_of(runs['resize'], 'not copied: '),
        crop=lines_of(runs['crop'], 'not read: '),
    )
    wrong = {}
    for kind, tools in kinds.items():
        shown = printable(kind)
        faults = []
        for tool, sentences in refused.items():
            said = [s for s in sentences if f'/{shown}' in s]
            wanted = tool in tools
            if runs[tool][0] != 1:
                faults.append(f'{tool} ended with {runs[tool][0]}')
            elif len(said) != wanted:
                faults.append(f'{tool} said {said or "nothing"}')
            elif any('\n' in s or 'Traceback' in s for s in said):
                faults.append(f'{tool} said more than a sentence: {said}')
        wrong[f'image {shown}'] = '; '.join(faults)
    return wrong


def lines_of(result: tuple[int, str, str], start: str) -> list[str]:
    """Find the lines with refusals in what a tool wrote."""
    return [
        line
        for text in result[1:]
        for line in text.splitlines()
        if line.startswith(start)
    ]


def make_dataset(root: Path) -> Path:
    """Write LDWBC with two cells a class."""
    for number, label in enumerate(WBC5_CLASSES):
        (root / label).mkdir(parents=True)
        for index in range(4):
            picture(10 * number + index).save(root / label / f'{index}.png')
    return root


def written(path: Path, content: str | bytes) -> Path:
    """Write a file, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return path


#: A kind of bad input: its name, the tool, its arguments, and what the last
#: line has to say.
Case = tuple[str, str, Sequence, str]


def predict_cases(folder: Path, good: Path) -> list[Case]:
    """Bad options, configs and places."""
    cell = good / 'monocyte' / '0.png'
    network = make_small_network(folder)
    weights = network[-1]
    (folder / 'empty').mkdir()
    written(folder / 'notes' / 'a.txt', 'no image')
    written(folder / 'slides' / 'a.svs', 'no image')
    written(folder / 'broken' / 'a.png', 'no image')
    configs = {
        'missing': (folder / 'none.py', 'none.py'),
        'of no Python': (written(folder / 'a.py', 'model = ('), 'a.py'),
        'of nothing': (written(folder / 'b.py', ''), 'b.py'),
        'without a model': (written(folder / 'c.py', 'lr = 1'), 'c.py'),
        'of text': (written(folder / 'd.txt', 'model'), 'd.txt'),
        'of broken JSON': (written(folder / 'e.json', '{"model":'), 'e.json'),
        'a folder': (folder / 'empty', 'empty'),
        'of an unknown model': (
            written(folder / 'f.py', "model = dict(type='NoSuchNet')"),
            'NoSuchNet',
        ),
        'on a missing one': (
            written(folder / 'g.py', "_base_ = 'nowhere.py'"),
            'nowhere.py',
        ),
    }
    options = {
        '--batch-size 0': 'whole number of 1 or more',
        '--batch-size many': 'whole number of 1 or more',
        '--batch-size 1.5': 'whole number of 1 or more',
        '--bit-depth 7': 'whole number of 8 to 16',
        '--bit-depth 17': 'whole number of 8 to 16',
        '--max-pixels 0': 'whole number of 1 or more',
        '--max-pixels -1': 'whole number of 1 or more',
        '--device abacus': 'abacus',
        '--device cuda:99': 'cuda:99',
        '--format xml': 'xml',
        '--views 3': '--views',
        '--no-such-option': '--no-such-option',
        f'--out {folder}': 'is a folder',
        f'--out {cell}/cells.csv': 'is no folder',
        f'--config {folder}/a.py': '--checkpoint',
        f'--checkpoint {weights}': '--config',
    }
    places = {
        'missing': (folder / 'none.png', 'none.png'),
        'an empty folder': (folder / 'empty', 'empty'),
        'a folder without images': (folder / 'notes', 'notes'),
        'a folder of slides': (folder / 'slides', '.svs'),
        'a pattern of nothing': (folder / '*.nothing', '*.nothing'),
        'a name with a zero': ('a\0b.png', 'b.png'),
        'a name without end': ('a' * 5000 + '.png', 'aaa'),
        'broken images alone': (folder / 'broken', 'has an answer'),
    }
    return [
        *(
            (f'option {option}', 'predict', [cell, *option.split()], said)
            for option, said in options.items()
        ),
        *(
            (
                f'config {kind}',
                'predict',
                [cell, '--config', path, '--checkpoint', weights],
                said,
            )
            for kind, (path, said) in configs.items()
        ),
        *(
            (f'images {kind}', 'predict', [place, *network], said)
            for kind, (place, said) in places.items()
        ),
    ]


def folder_cases(folder: Path, good: Path) -> list[Case]:
    """Bad folders and numbers."""
    cell = good / 'monocyte' / '0.png'
    (folder / 'void').mkdir()
    begun = folder / 'begun'
    run('resize', good, begun / 'small', '--short-edge', 40)
    run('crop', good, begun / 'crops', '--num-workers', 0)
    shutil.copytree(begun / 'small', begun / 'damaged')
    written(begun / 'damaged' / '.resize_dataset.json', '{"short')
    out = folder / 'never'
    edge = ['--short-edge', 40]
    cases: list[Case] = [
        ('resize, no edge', 'resize', [good, out], '--short-edge'),
        (
            'resize, other edge',
            'resize',
            [good, begun / 'small', *edge[:1], 41],
            'was begun with',
        ),
        (
            'resize, damaged settings',
            'resize',
            [good, begun / 'damaged', *edge],
            'cannot be read',
        ),
        (
            'crop, other margin',
            'crop',
            [good, begun / 'crops', '--margin', 0.5],
            'was begun with',
        ),
        (
            'crop, margin below 0',
            'crop',
            [good, out, '--margin', -1],
            'margin',
        ),
        (
            'crop, margin no number',
            'crop',
            [good, out, '--margin', 'wide'],
            'margin',
        ),
        (
            'crop, margin not finite',
            'crop',
            [good, out, '--margin', 'nan'],
            'margin',
        ),
        ('crop, no image', 'crop', [folder / 'void', out], 'no image'),
        ('audit, missing', 'audit', [folder / 'none'], 'neither a folder'),
        ('audit, an image', 'audit', [cell], 'neither a folder'),
        ('audit, empty', 'audit', [folder / 'void'], 'holds no dataset'),
        ('audit, config of no Python', 'audit', [folder / 'a.py'], 'a.py'),
        ('audit, config without data', 'audit', [folder / 'c.py'], 'c.py'),
        (
            'audit, groups to a folder',
            'audit',
            [good, '--groups-out', folder],
            'is a folder',
        ),
        (
            'audit, output below a file',
            'audit',
            [good, '--out-dir', cell / 'a'],
            'is no folder',
        ),
        (
            'audit, workers below 0',
            'audit',
            [good, '--num-workers', -1],
            'whole number of 0',
        ),
    ]
    for option, values in {
        '--short-edge': ('0', '-4', 'x', '1e3'),
        '--quality': ('0', '101', 'best'),
        '--num-workers': ('-1', 'all'),
    }.items():
        for value in values:
            words = [good, out, *edge, option, value]
            cases.append(
                (f'resize {option} {value}', 'resize', words, 'whole number')
            )
    for tool, more in dict(resize=edge, crop=[]).items():
        for kind, source, target, said in (
            ('source missing', folder / 'none', out, 'is no folder'),
            ('source a file', cell, out, 'is no folder'),
            ('target in source', good, good / 'a', 'lie in each other'),
            ('source in target', good, good.parent, 'lie in each other'),
            ('target the source', good, good, 'lie in each other'),
            ('target below a file', good, cell / 'a', 'is no folder'),
        ):
            cases.append(
                (f'{tool}, {kind}', tool, [source, target, *more], said)
            )
    return cases


def table_cases(folder: Path, good: Path) -> list[Case]:
    """Bad options and group files of a split."""
    names = [f'{label}/{i}.png' for label in WBC5_CLASSES for i in range(4)]
    rows = ''.join(f'{name},g\n' for name in names)
    groups = {
        'missing': (None, 'does not exist'),
        'empty': (b'', 'no column'),
        'without a column': (b'image,split\n', "no column 'group'"),
        'not text': (b'\xff\xfe\0i\0m', ''),
        'with zeros': (b'image,group\n\0\0,g\n', ''),
        'without an image': (b'image,group\n,g\n', 'no image is named'),
        'without a group': (b'image,group\na.png,\n', 'has no group'),
        'of other images': (b'image,group\nz.png,g\n', 'names no image'),
        'of some images': (rows[:40].rpartition('\n')[0].encode(), ''),
        'naming one twice': (
            f'image,group\n{rows}{names[0]},h\n'.encode(),
            'named twice',
        ),
        'an image': (encoded('png'), ''),
    }
    base = ['--dataset-type', 'LDWBC', '--data-root', good]
    out = ['--out', folder / 'never.csv']
    cases: list[Case] = []
    for count, (kind, (content, said)) in enumerate(groups.items()):
        path = folder / f'groups_{count}.csv'
        if content is not None:
            written(path, content)
        words = [*base, *out, '--group-file', path]
        cases.append(
            (f'group file {kind}', 'make_splits', words, said or str(path))
        )
    for option, said in {
        '--ratios 1:2': '--ratios',
        '--ratios a:b:c': '--ratios',
        '--ratios -1:1:1': 'ratios',
        '--ratios 0:0:0': 'ratios',
        '--ratios nan:1:1': 'ratios',
        '--k-fold 1': 'whole number of 3',
        '--seed -1': 'whole number of 0',
        '--val-ratio 2': 'between 0 and 1',
        '--official': 'LDWBC',
        '--dataset-options no_such=1': 'no_such',
        '--dataset-options alone': 'alone',
    }.items():
        words = [*base, *out, *option.split()]
        cases.append((f'split {option}', 'make_splits', words, said))
    cases += [
        ('split, no type', 'make_splits', out, 'CONFIG or --dataset-type'),
        ('split, no root', 'make_splits', [*base[:2], *out], '--data-root'),
        (
            'split, unknown type',
            'make_splits',
            ['--dataset-type', 'Cats', *base[2:], *out],
            'Cats',
        ),
        (
            'split, a file as root',
            'make_splits',
            [*base[:3], good / 'monocyte' / '0.png', *out],
            '0.png',
        ),
        (
            'split, no class folders',
            'make_splits',
            [*base[:3], folder / 'notes', *out],
            'notes',
        ),
        (
            'split, to a folder',
            'make_splits',
            [*base, '--out', folder],
            'is a folder',
        ),
    ]
    return cases


def check_cases(cases: Sequence[Case]) -> dict[str, str]:
    """Call the tools; gives what is wrong, by kind."""
    wrong = {}
    for kind, tool, words, said in cases:
        status, _, err = run(tool, *words)
        errors = [s for s in err.splitlines() if s.startswith('error: ')]
        last = (err.strip().splitlines() or [''])[-1]
        fault = ''
        if status != 2 or 'Traceback' in err:
            fault = f'ended with {status}: {last}'
        elif (
            len(errors) != 1 + (kind == 'images broken images alone')
            or last != errors[-1]
        ):
            fault = f'said {errors or last}'
        elif said not in last:
            fault = f'does not say {said!r}: {last}'
        wrong[kind] = fault
    return wrong


def check_datasets(folder: Path, good: Path) -> dict[str, str]:
    """Build datasets from bad tables; gives what is wrong, by kind."""
    names = [f'{label}/{i}.png' for label in WBC5_CLASSES for i in range(4)]
    splits = ''.join(f'{name},train\n' for name in names)
    split = dict(type='LDWBC', data_root=str(good), split='train')
    labels = dict(
        format=FORMAT,
        checkpoint='a.pth',
        checkpoint_sha256='0',
        classes=list(WBC5_CLASSES),
        attributes={k: list(v) for k, v in WBC_ATTRIBUTES.items()},
        values={},
        scores={},
    )
    contents = {
        'split_file': {
            'empty': b'',
            'without a column': b'image,part\n',
            'of an unknown part': b'image,split\nmonocyte/0.png,dev\n',
            'too short': b'image,split\nmonocyte/0.png\n',
            'naming one twice': (
                f'image,split\n{splits}{names[0]},val\n'.encode()
            ),
            'of some images': f'image,split\n{splits[:60]}'.encode(),
            'not UTF-8': b'\xff\xfe\0i',
            'an image': encoded('png'),
        },
        'label_file': {
            'missing': None,
            'empty': b'',
            'text': b'labels',
            'half': json.dumps(labels)[:99].encode(),
            'a list': b'[]',
            'of no format': b'{}',
            'of another version': json.dumps(
                dict(labels, format='0')
            ).encode(),
            'of other attributes': json.dumps(
                dict(labels, attributes={})
            ).encode(),
            'with too much': json.dumps(dict(labels, more=1)).encode(),
            'of no probabilities': json.dumps(
                dict(labels, values={'a': [0] * 11})
            ).encode(),
            'of too few': json.dumps(
                dict(labels, values={'a': [0]}, scores={'a': [1]})
            ).encode(),
            'not finite': json.dumps(
                dict(
                    labels,
                    values={'a': [0] * 11},
                    scores={'a': [float('nan')] * 31},
                )
            ).encode(),
            'of no image': json.dumps(labels).encode(),
            'an image': encoded('png'),
        },
    }
    wrong = {}
    for name, kinds in contents.items():
        for count, (kind, content) in enumerate(kinds.items()):
            path = folder / f'{name}_{count}'
            if content is not None:
                written(path, content)
            cfg = dict(split, split_file=str(path))
            if name == 'label_file':
                cfg = dict(
                    type='PseudoLabelledDataset',
                    dataset=dict(split),
                    label_file=str(path),
                )
            wrong[f'{name} {kind}'] = fault_of_building(cfg, str(path))
    return wrong


def fault_of_building(cfg: dict, said: str) -> str:
    """Build a dataset that cannot be built; gives what is wrong."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            DATASETS.build(cfg)
    except InputError as error:
        text = str(error)
        right = said in text and '\n' not in text
        return '' if right else f'does not say {said!r}: {text}'
    except Exception as error:
        return f'{type(error).__name__}: {error}'
    return 'was taken'


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out-dir', type=Path, help='keep all inputs here')
    return parser


def main() -> None:
    """Run the tool."""
    args = build_parser().parse_args()
    torch.set_num_threads(1)
    init_default_scope('mmpretrain')
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (args.out_dir or Path(temporary)).resolve()
        os.chdir(temporary)
        good = make_dataset(folder / 'more' / 'ldwbc')
        parts: dict[str, Callable[[], dict[str, str]]] = {
            'images': lambda: check_images(folder / 'mixed'),
            'options, configs and places': lambda: check_cases(
                predict_cases(folder, good)
            ),
            'folders and numbers': lambda: check_cases(
                folder_cases(folder, good)
            ),
            'splits and groups': lambda: check_cases(
                table_cases(folder, good)
            ),
            'tables of datasets': lambda: check_datasets(folder, good),
        }
        table = Table('input', 'kinds', 'right')
        total = right = 0
        for title, check in parts.items():
            wrong = check()
            good_ones = sum(not fault for fault in wrong.values())
            table.add_row(title, str(len(wrong)), str(good_ones))
            total, right = total + len(wrong), right + good_ones
            for kind, fault in wrong.items():
                if fault:
                    print(f'{kind}: {fault}', file=sys.stderr)
        table.add_row('all', str(total), str(right))
    Console(width=100).print(table)
    print(
        f'{right} of {total} kinds right, in '
        f'{time.perf_counter() - start:.0f} s'
    )
    raise SystemExit(right < total)


if __name__ == '__main__':
    main()
