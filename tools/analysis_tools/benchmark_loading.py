"""Measure how fast images are loaded, against MMPretrain's default.

Usage:
    python tools/analysis_tools/benchmark_loading.py [--data-root DIR]
        [--rounds 20] [--num-images 4] [--noise 4] [--quality 90]
        [--short-edge 256] [--image-size 224] [--out FILE]

Every pipeline ends in ``ResizeEdge`` and ``CenterCrop``. The default begins
with ``LoadImageFromFile``, ours with ``LoadCellImage`` and its ``min_edge``.
They take turns, image by image, in one thread; times are the processor's, and
a ratio is the median over images and rounds. Cases: JPEGs of 1280 px, the same
after ``resize_dataset.py``, BMPs of 1200 px, and JPEGs as large as PBC's, 360
x 363.

The images are made here: texture of all scales down to the pixel, and a
camera's noise, which make a JPEG decoder work as real scans do and enlarged
small images do not. With --data-root, a folder of real cells, these are
measured too: as they are, and enlarged to 1280 px with the same noise.

Also printed is how far, in grey levels, the loaded images are from the default
and from a reference that averages over all pixels of the full image: the
default's ``ResizeEdge`` looks at four pixels each, so it aliases.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from mmcv.transforms import Compose
from mmpretrain.registry import TRANSFORMS
from rich.console import Console
from rich.table import Column, Table

import daffnet_mm  # noqa: F401  (registers the transforms)
from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write
from daffnet_mm.preparation.resize_folder import resize_dataset
from daffnet_mm.utils.command_line import ToolParser, one_sentence_errors
from daffnet_mm.utils.worker_pool import worker_pool


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--data-root', help='folder of real JPEG cells, such as PBC'
    )
    parser.add_rounds(20)
    parser.add_number('--num-images', 'images of each kind', 4)
    parser.add_argument(
        '--noise',
        type=float,
        default=4.0,
        help="standard deviation of the camera's noise in grey levels "
        '(default: %(default)s)',
    )
    parser.add_number(
        '--quality', 'quality of JPEG images, 1 to 100', 90, most=100
    )
    parser.add_number('--short-edge', 'short edge of the resized images', 256)
    parser.add_number('--image-size', 'height and width of their crops', 224)
    return parser


def detailed_image(
    height: int, width: int, noise: float, rng: np.random.Generator
) -> np.ndarray:
    """Make an image with detail of every scale.

    Args:
        height (int): Height in pixels.
        width (int): Width in pixels.
        noise (float): Standard deviation of the camera's noise.
        rng (np.random.Generator): The source of chance.

    Returns:
        np.ndarray: BGR, uint8, of shape (height, width, 3).
    """
    shape = (height, width, 3)
    img = np.full(shape, (190, 170, 200), np.float32)
    scale = min(height, width) // 2
    while scale >= 2:
        # Each octave twice as fine and 0.65 times as strong: natural images
        # fall about so.
        coarse = rng.standard_normal(
            (height // scale + 2, width // scale + 2, 3), np.float32
        )
        octave = cv2.resize(
            coarse, (width, height), interpolation=cv2.INTER_CUBIC
        )
        img += 40 * (2 * scale / min(height, width)) ** 0.62 * octave
        scale //= 2
    return noisy(img, noise, rng)


def noisy(
    img: np.ndarray, noise: float, rng: np.random.Generator
) -> np.ndarray:
    """Add a camera's noise to an image and round it to 8 bits."""
    img = img + noise * rng.standard_normal(img.shape, np.float32)
    return img.round().clip(0, 255).astype(np.uint8)


def make_images(folder: Path, args: argparse.Namespace) -> dict:
    """Write the test images.

    Returns:
        dict[str, list[Path]]: The files by case.
    """
    rng = np.random.default_rng(0)
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, args.quality]
    cases = {
        'JPEG 1280 x 1280': ('.jpg', 1280, 1280),
        'BMP 1200 x 1200': ('.bmp', 1200, 1200),
        'JPEG 360 x 363': ('.jpg', 363, 360),
    }
    files = {}
    for case, (suffix, height, width) in cases.items():
        files[case] = []
        for number in range(args.num_images):
            path = folder / case.replace(' ', '_') / f'{number}{suffix}'
            img = detailed_image(height, width, args.noise, rng)
            _write(path, img, jpeg if suffix == '.jpg' else [])
            files[case].append(path)
    if args.data_root:
        found = sorted(
            path
            for path in Path(args.data_root).rglob('[!.]*')
            if path.suffix.lower() in ('.jpg', '.jpeg')
        )
        if not found:
            raise InputError(f'--data-root {args.data_root} holds no JPEG')
        step = max(len(found) // args.num_images, 1)
        files['real cells'] = found[::step][: args.num_images]
        large = files['real cells, enlarged to 1280'] = []
        for path in files['real cells']:
            img = cv2.imdecode(
                np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR
            )
            scale = 1280 / min(img.shape[:2])
            img = cv2.resize(
                img, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC
            )
            large.append(folder / 'enlarged' / f'{len(large)}.jpg')
            _write(large[-1], noisy(img, args.noise, rng), jpeg)
    return files


def _write(path: Path, img: np.ndarray, options: Sequence[int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, img, options)[1].tobytes())


def pipelines(short_edge: int, crop: int) -> dict[str, Callable]:
    """Build both pipelines and the reference.

    Args:
        short_edge (int): Scale of ``ResizeEdge``.
        crop (int): Size of ``CenterCrop``.

    Returns:
        dict[str, Callable]: ``default``, ``ours`` and ``reference``; each
        takes a path and gives an image.
    """

    def build(load: dict, interpolation: str = 'bilinear') -> Callable:
        steps = Compose(
            [
                TRANSFORMS.build(step)
                for step in (
                    load,
                    dict(
                        type='ResizeEdge',
                        scale=short_edge,
                        edge='short',
                        interpolation=interpolation,
                    ),
                    dict(type='CenterCrop', crop_size=crop),
                )
            ]
        )
        return lambda path: steps(dict(img_path=str(path)))['img']

    return dict(
        default=build(dict(type='LoadImageFromFile')),
        ours=build(dict(type='LoadCellImage', min_edge=short_edge)),
        reference=build(dict(type='LoadImageFromFile'), 'area'),
    )


def measure(
    first: Callable,
    first_files: Sequence[Path],
    second: Callable,
    second_files: Sequence[Path],
    rounds: int,
) -> tuple[float, float, float]:
    """Time two pipelines, which take turns image by image.

    Processor time counts, for other programs on the machine hardly change it.

    Args:
        first (Callable): A pipeline.
        first_files (Sequence[Path]): What it loads.
        second (Callable): Another pipeline.
        second_files (Sequence[Path]): What that loads, as many.
        rounds (int): How often each image is loaded by each.

    Returns:
        tuple[float, float, float]: Median seconds an image of both, and the
        median of the ratios first / second.
    """
    spent = ([], [])
    pairs = list(zip(first_files, second_files, strict=True))
    for number in range(-1, rounds):
        for pair in pairs:
            # Who begins changes: the second may find the caches warm.
            for which in (0, 1) if number % 2 else (1, 0):
                load = (first, second)[which]
                started = time.process_time()
                load(pair[which])
                if number >= 0:  # the first round only warms up
                    spent[which].append(time.process_time() - started)
    return (
        *map(statistics.median, spent),
        statistics.median(a / b for a, b in zip(*spent, strict=True)),
    )


def difference(
    first: Callable, second: Callable, files: Sequence[Path]
) -> tuple[float, int]:
    """Compare what two pipelines load, in grey levels.

    Args:
        first (Callable): A pipeline.
        second (Callable): Another.
        files (Sequence[Path]): The images.

    Returns:
        tuple[float, int]: Mean and largest absolute difference.
    """
    gaps = [np.abs(first(path).astype(int) - second(path)) for path in files]
    return (
        float(np.mean([gap.mean() for gap in gaps])),
        int(max(gap.max() for gap in gaps)),
    )


def compare(args: argparse.Namespace, folder: Path) -> list[dict]:
    """Measure all cases.

    Args:
        args (argparse.Namespace): The command line.
        folder (Path): An empty folder for the images.

    Returns:
        list[dict]: For each case ``images``, ``kilobytes`` (mean),
        ``default_ms``, ``ours_ms``, ``ratio``, and the differences
        ``ours_from_default``, ``ours_from_reference`` and
        ``default_from_reference`` (mean and maximum; not for the copies, for
        which ``default_ms`` is the original's and ``ours_ms`` the default
        pipeline's on the copy).
    """
    loads = pipelines(args.short_edge, args.image_size)
    rows = []

    def add(case, slow, slow_files, fast, fast_files):
        seconds, fast_seconds, ratio = measure(
            slow, slow_files, fast, fast_files, args.rounds
        )
        size = sum(p.stat().st_size for p in fast_files) / len(fast_files)
        rows.append(
            dict(
                images=case,
                kilobytes=size / 1e3,
                default_ms=1e3 * seconds,
                ours_ms=1e3 * fast_seconds,
                ratio=ratio,
            )
        )

    # In another process: large arrays change how this one's C library hands
    # out memory from then on, and it should do so as in a data loader's
    # worker, where a decoded image of 5 MB takes fresh pages each time.
    with worker_pool(1) as pool:
        cases = pool.submit(make_images, folder / 'full', args).result()
    for case, files in cases.items():
        add(case, loads['default'], files, loads['ours'], files)
        for first, second in (
            ('ours', 'default'),
            ('ours', 'reference'),
            ('default', 'reference'),
        ):
            rows[-1][f'{first}_from_{second}'] = difference(
                loads[first], loads[second], files
            )
        if '1280' in case:
            copy = folder / 'copies' / case.replace(' ', '_')
            resize_dataset(
                files[0].parent, copy, args.short_edge, num_workers=1
            )
            # Default against default: what the copy alone is worth.
            add(
                f'{case}, from its copy',
                loads['default'],
                files,
                loads['default'],
                [copy / path.name for path in files],
            )
    return rows


def show(rows: list[dict]) -> None:
    """Print the figures."""

    def right(*names):
        return (Column(name, justify='right') for name in names)

    table = Table(
        'images',
        *right('KB', 'default', 'ours', 'default / ours'),
        title='loading, resizing and cropping, milliseconds of the '
        'processor an image',
    )
    gaps = Table(
        'images',
        *right('ours - default', 'ours - reference', 'default - reference'),
        title='difference in grey levels of 0 to 255, mean (largest)',
    )
    for row in rows:
        table.add_row(
            row['images'],
            f'{row["kilobytes"]:.0f}',
            f'{row["default_ms"]:.2f}',
            f'{row["ours_ms"]:.2f}',
            f'{row["ratio"]:.2f}x',
        )
        if 'ours_from_default' in row:
            gaps.add_row(
                row['images'],
                *(
                    '{:.2f} ({})'.format(*row[key])
                    for key in (
                        'ours_from_default',
                        'ours_from_reference',
                        'default_from_reference',
                    )
                ),
            )
    console = Console(width=max(Console().width, 100))
    console.print(table)
    console.print(gaps)


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    cv2.setNumThreads(0)
    with one_sentence_errors(), tempfile.TemporaryDirectory() as folder:
        rows = compare(args, Path(folder))
    show(rows)
    if args.out:
        with atomic_write(args.out) as file:
            json.dump(rows, file, indent=2)
        print(f'wrote {args.out}')
    return 0


if __name__ == '__main__':
    raise SystemExit(main())
