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
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from mmcv.transforms import Compose
from mmpretrain.registry import TRANSFORMS
from timing import time_in_turn, write_figures

import daffnet_mm  # noqa: F401  (registers the transforms)
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_decoding import decode_image
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.preparation.resize_folder import resize_dataset
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.worker_pool import worker_pool

GAPS = ('ours_from_default', 'ours_from_reference', 'default_from_reference')


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
    """Make an image (BGR, uint8) with detail of every scale."""
    img = np.full((height, width, 3), (190, 170, 200), np.float32)
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
    """Write the test images; gives the files by case."""
    rng = np.random.default_rng(0)
    jpeg = [cv2.IMWRITE_JPEG_QUALITY, args.quality]
    files: dict[str, list[Path]] = {}

    def write(case: str, suffix: str, img: np.ndarray) -> None:
        paths = files.setdefault(case, [])
        paths.append(folder / case.replace(' ', '_') / f'{len(paths)}{suffix}')
        paths[-1].parent.mkdir(parents=True, exist_ok=True)
        options = jpeg if suffix == '.jpg' else []
        paths[-1].write_bytes(cv2.imencode(suffix, img, options)[1].tobytes())

    for case, suffix, height, width in (
        ('JPEG 1280 x 1280', '.jpg', 1280, 1280),
        ('BMP 1200 x 1200', '.bmp', 1200, 1200),
        ('JPEG 360 x 363', '.jpg', 363, 360),
    ):
        for _ in range(args.num_images):
            img = detailed_image(height, width, args.noise, rng)
            write(case, suffix, img)
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
        for path in files['real cells']:
            img = decode_image(path.read_bytes())[0]
            scale = 1280 / min(img.shape[:2])
            img = cv2.resize(
                img, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC
            )
            img = noisy(img, args.noise, rng)
            write('real cells, enlarged to 1280', '.jpg', img)
    return files


def pipelines(short_edge: int, crop: int) -> dict[str, Callable]:
    """Build both pipelines and the reference; each loads a path."""

    def build(interpolation: str = 'bilinear', **load) -> Callable:
        resize = dict(type='ResizeEdge', scale=short_edge, edge='short')
        steps = Compose(
            [
                TRANSFORMS.build(load),
                TRANSFORMS.build(dict(resize, interpolation=interpolation)),
                TRANSFORMS.build(dict(type='CenterCrop', crop_size=crop)),
            ]
        )
        return lambda path: steps(dict(img_path=str(path)))['img']

    return dict(
        default=build(type='LoadImageFromFile'),
        ours=build(type='LoadCellImage', min_edge=short_edge),
        reference=build('area', type='LoadImageFromFile'),
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

    Returns:
        tuple[float, float, float]: Median seconds an image of both, and the
        median of the ratios first / second.
    """
    steps = {}
    for i, paths in enumerate(zip(first_files, second_files, strict=True)):
        steps[i, 0] = partial(first, paths[0])
        steps[i, 1] = partial(second, paths[1])
    spent = time_in_turn(steps, rounds, time.process_time)
    of_first, of_second = (
        np.ravel([spent[i, which] for i in range(len(first_files))])
        for which in (0, 1)
    )
    ratios = of_first / of_second
    return tuple(float(np.median(x)) for x in (of_first, of_second, ratios))


def difference(
    first: Callable, second: Callable, files: Sequence[Path]
) -> tuple[float, int]:
    """Mean and largest difference of what is loaded, in grey levels."""
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

    def add(case, files, fast, fast_files):
        slow_time, fast_time, ratio = measure(
            loads['default'], files, loads[fast], fast_files, args.rounds
        )
        row = dict(
            images=case,
            kilobytes=np.mean([p.stat().st_size for p in fast_files]) / 1e3,
            default_ms=1e3 * slow_time,
            ours_ms=1e3 * fast_time,
            ratio=ratio,
        )
        rows.append(row)
        return row

    # In another process: large arrays change how this one's C library hands
    # out memory from then on, and it should do so as in a data loader's
    # worker, where a decoded image of 5 MB takes fresh pages each time.
    with worker_pool(1) as pool:
        cases = pool.submit(make_images, folder / 'full', args).result()
    for case, files in cases.items():
        row = add(case, files, 'ours', files)
        for gap in GAPS:
            pair = (loads[name] for name in gap.split('_from_'))
            row[gap] = difference(*pair, files)
        if '1280' in case:
            copy = folder / 'copies' / case.replace(' ', '_')
            resize_dataset(
                files[0].parent, copy, args.short_edge, num_workers=1
            )
            # Default against default: what the copy alone is worth.
            copies = [copy / path.name for path in files]
            add(f'{case}, from its copy', files, 'default', copies)
    return rows


def render(rows: list[dict]) -> str:
    """Lay the figures out as two tables."""
    times = [
        [
            row['images'],
            f'{row["kilobytes"]:.0f}',
            f'{row["default_ms"]:.2f}',
            f'{row["ours_ms"]:.2f}',
            f'{row["ratio"]:.2f}x',
        ]
        for row in rows
    ]
    gaps = [
        [row['images'], *('{:.2f} ({})'.format(*row[gap]) for gap in GAPS)]
        for row in rows
        if GAPS[0] in row
    ]
    headers = ['images', 'KB', 'default', 'ours', 'default / ours']
    titles = [gap.replace('_from_', ' - ') for gap in GAPS]
    return (
        'loading, resizing and cropping, milliseconds of the processor an '
        f'image\n\n{to_markdown(headers, times)}\ndifference in grey levels '
        'of 0 to 255, mean (largest)\n\n'
        f'{to_markdown(["images", *titles], gaps)}'
    )


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    cv2.setNumThreads(0)
    with one_sentence_errors(), tempfile.TemporaryDirectory() as folder:
        rows = compare(args, Path(folder))
    print(render(rows))
    write_figures(args.out, rows)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
