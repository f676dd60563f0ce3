"""Measure how well near duplicates are found among images like yours.

Usage:
    python tools/analysis_tools/evaluate_near_duplicates.py FOLDER
        [--pattern '*.jpg'] [--num-images 1000] [--num-planted 100]
        [--num-workers N] [--seed 0] [--figure FILE]

Copies of some images of the folder are planted in a temporary folder: the
same pixels in another container, turned and mirrored, coded as JPEG of several
qualities, resized, several of these at once, and cut more tightly about the
middle. Printed are the share of them
that is found, and the share of the folder's own images that is flagged as near
duplicates of each other. Whether those are false, or cells that were
photographed twice, only the eye can tell: --figure draws the pairs.
"""

import fnmatch
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps
from rich import print as rich_print
from rich.progress import Progress, track
from rich.table import Table

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.image_folders import list_image_files
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down
from daffnet_mm.audit.cell_window import CELL
from daffnet_mm.audit.collect_facts import collect_facts
from daffnet_mm.audit.near_duplicates import (
    DuplicatePair,
    Fingerprint,
    find_near_duplicates,
    group_images,
)


def turned(image: Image.Image, rng: random.Random) -> Image.Image:
    return image.transpose(rng.choice(list(Image.Transpose)))


def resized(factor: float) -> Callable:

    def apply(image: Image.Image, rng: random.Random) -> Image.Image:
        filters = (
            Image.Resampling.NEAREST,
            Image.Resampling.BILINEAR,
            Image.Resampling.BICUBIC,
            Image.Resampling.LANCZOS,
        )
        size = (round(image.width * factor), round(image.height * factor))
        return image.resize(size, rng.choice(filters))

    return apply


def cut(image: Image.Image, rng: random.Random) -> Image.Image:
    """Keep three quarters of each side, up to a tenth off the middle."""
    width, height = (round(0.75 * side) for side in image.size)
    left, top = (
        round(side * (0.125 + rng.uniform(-0.1, 0.1))) for side in image.size
    )
    return image.crop((left, top, left + width, top + height))


#: What is done to a planted copy, and the quality of its JPEG, if it is one.
KINDS = {
    'the same pixels': ((), None),
    'turned or mirrored': ((turned,), None),
    'JPEG 90': ((), 90),
    'JPEG 70': ((), 70),
    'JPEG 50': ((), 50),
    'JPEG 30': ((), 30),
    'doubled': ((resized(2),), None),
    'halved': ((resized(1 / 2),), None),
    'a third': ((resized(1 / 3),), None),
    'halved, JPEG 75': ((resized(1 / 2),), 75),
    'turned, JPEG 75': ((turned,), 75),
    'turned, 3/4, JPEG 60': ((turned, resized(3 / 4)), 60),
    'cut': ((cut,), None),
}


def list_folder(folder: str, pattern: str) -> dict[str, str]:
    """List the images below a folder by name."""
    if not os.path.isdir(folder):
        raise InputError(f'{folder} is no folder; name one with images')
    names = fnmatch.filter(list_image_files(folder).images, pattern)
    if not names:
        raise InputError(f'{folder} holds no image that is called {pattern}')
    return {name: os.path.join(folder, name) for name in names}


def plant(
    sources: dict[str, str], folder: str, rng: random.Random
) -> dict[str, tuple[str, str]]:
    """Write copies of all kinds.

    Returns:
        dict[str, tuple[str, str]]: Kind and name of the source by the copy's
        file.
    """
    planted = {}
    for source, path in track(sources.items(), 'Planting copies'):
        with Image.open(path) as opened:
            image = opened.convert('RGB')
        for kind, (changes, quality) in KINDS.items():
            copy = image
            for change in changes:
                copy = change(copy, rng)
            suffix = 'png' if quality is None else 'jpg'
            target = os.path.join(folder, f'{len(planted)}.{suffix}')
            if quality is None:
                copy.save(target, compress_level=1)
            else:
                copy.save(target, quality=quality)
            planted[target] = kind, source
    return planted


class Fingerprints(NamedTuple):
    """Of images as a whole, and of the windows about their cells, by name."""

    whole: dict[str, Fingerprint]
    cells: dict[str, Fingerprint]

    def pairs(self) -> list[DuplicatePair]:
        """Find what an audit finds."""
        return find_near_duplicates(self.whole, cells=self.cells)


def fingerprint_files(
    paths: Mapping[str, str], num_workers: int
) -> Fingerprints:
    """Take the fingerprints of files, and name those that are broken."""
    with tempfile.TemporaryDirectory() as folder, Progress() as progress:
        facts = collect_facts(
            dict.fromkeys(paths.values(), (None, CELL)),
            Path(folder) / 'cache.sqlite',
            num_workers,
            progress,
        )
    found = Fingerprints({}, {})
    for name, path in paths.items():
        if facts[path].fault:
            print(f'left out: {path} is broken ({facts[path].message})')
        else:
            found.whole[name] = facts[path].fingerprints[None]
            found.cells[name] = facts[path].fingerprints[CELL]
    return found


def evaluate(
    paths: Mapping[str, str],
    num_planted: int = 100,
    num_workers: int = 0,
    seed: int = 0,
) -> dict:
    """Measure both figures.

    Args:
        paths (Mapping[str, str]): The images' files by name.
        num_planted (int): Of how many images copies are planted.
        num_workers (int): Processes; 0 for this one alone. Defaults to 0.
        seed (int): Seed of all choices.

    Returns:
        dict: Images per second (``rate``), ``pairs`` among the images, and by
        kind ``planted``, ``found`` and ``strangers`` (copies that are paired
        with an image which is not their source).
    """
    rng = random.Random(seed)
    started = time.perf_counter()
    fingerprints = fingerprint_files(paths, num_workers)
    rate = len(paths) / (time.perf_counter() - started)
    pairs = fingerprints.pairs()
    names = fingerprints.whole
    own_groups = group_images(pairs, names)

    chosen = rng.sample(sorted(names), min(num_planted, len(names)))
    with tempfile.TemporaryDirectory() as temporary:
        planted = plant({name: paths[name] for name in chosen}, temporary, rng)
        copies = fingerprint_files({p: p for p in planted}, num_workers)
    everything = Fingerprints(
        fingerprints.whole | copies.whole, fingerprints.cells | copies.cells
    )
    all_pairs = everything.pairs()
    source = {path: name for path, (_, name) in planted.items()}
    truly = [
        own_groups[source.get(first, first)]
        == own_groups[source.get(second, second)]
        for first, second, *_ in all_pairs
    ]
    joined = group_images(
        [pair for pair, true in zip(all_pairs, truly, strict=True) if true],
        everything.whole,
    )
    strange = {
        name
        for pair, true in zip(all_pairs, truly, strict=True)
        if not true
        for name in pair[:2]
    }
    kinds = {path: kind for path, (kind, _) in planted.items()}
    return dict(
        rate=rate,
        pairs=pairs,
        planted=Counter(kinds.values()),
        found=Counter(
            kind
            for path, kind in kinds.items()
            if joined[path] == joined[source[path]]
        ),
        strangers=Counter(
            kind for path, kind in kinds.items() if path in strange
        ),
    )


def draw_pairs(
    pairs: Sequence[DuplicatePair], paths: Mapping[str, str], target: Path
) -> None:
    """Draw pairs beside each other, four to a row."""
    side, columns = 180, 4
    rows = -(-len(pairs) // columns)
    sheet = Image.new(
        'RGB', (columns * (2 * side + 20), rows * (side + 20)), 'white'
    )
    for index, pair in enumerate(pairs):
        left = index % columns * (2 * side + 20)
        for name in pair[:2]:
            with Image.open(paths[name]) as image:
                sheet.paste(
                    ImageOps.fit(image.convert('RGB'), (side, side)),
                    (left, index // columns * (side + 20)),
                )
            left += side
    with atomic_write(target, 'wb') as f:
        sheet.save(f, 'PNG')


def report(
    result: dict, paths: Mapping[str, str], figure: Path | None
) -> None:
    number = len(paths)
    exact = [pair for pair in result['pairs'] if pair.exact]
    near = [pair for pair in result['pairs'] if not pair.exact]
    print(f'{number} images, {result["rate"]:.0f} images/s')
    print(f'pixel for pixel the same: {len(exact)} pairs')
    for pair in exact:
        print(f'  {pair.first}  {pair.second}')
    flagged = {name for pair in near for name in pair[:2]}
    print(
        f'flagged as near duplicates: {len(flagged)} images '
        f'({100 * len(flagged) / number:.2f} %) in {len(near)} pairs'
    )
    for pair in near:
        print(f'  {pair.first}  {pair.second}  {pair.correlation:.3f}')
    if figure and near:
        draw_pairs(near, paths, figure)
        print(f'wrote {figure}')

    table = Table('kind', title='planted copies')
    for column in ('planted', 'found', '%', 'joined to strangers'):
        table.add_column(column, justify='right')
    kinds = [*result['planted'], 'all']
    for kind in kinds:
        planted, found, strangers = (
            result[key].total() if kind == 'all' else result[key][kind]
            for key in ('planted', 'found', 'strangers')
        )
        table.add_row(
            kind,
            str(planted),
            str(found),
            rounded_down(100 * found / planted, 1),
            str(strangers),
        )
    rich_print(table)


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        'folder', help='folder of images, searched with its subfolders'
    )
    parser.add_argument(
        '--pattern',
        default='*',
        help="take only images of this name, such as '*.bmp' (default: "
        '%(default)s)',
    )
    parser.add_number(
        '--num-images', 'take so many images at random (default: all)'
    )
    parser.add_number('--num-planted', 'images to plant copies of', 100)
    parser.add_image_workers()
    parser.add_number('--seed', 'seed of all choices', 0, least=0)
    parser.add_output('--figure', 'PNG to write: the flagged pairs')
    return parser


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        paths = list_folder(args.folder, args.pattern)
        if args.num_images and args.num_images < len(paths):
            names = random.Random(args.seed).sample(
                list(paths), args.num_images
            )
            paths = {name: paths[name] for name in sorted(names)}
        result = evaluate(paths, args.num_planted, args.num_workers, args.seed)
    report(result, paths, args.figure)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
