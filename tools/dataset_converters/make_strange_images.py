"""Make images that show none of the five types, to test what is refused.

Usage:
    python tools/dataset_converters/make_strange_images.py [--out-dir DIR]
        [--of-cells FOLDER] [--of-fields FOLDER] [--number 200] [--seed 0]

DIR gets a folder a kind, of PNG files. Of nothing: `blank` (glass of several
colours, even and shaded, white, grey, black), `noise` (of several grains, grey
and coloured) and `photographs` (windows of the pictures that come with
scikit-image: a cat, a rocket, coins, a page and others). --of-cells, images of
one cell each, gives `blurred` (out of focus: a Gaussian of 2.5 to 6 % of the
short edge) and `two_cells` (the middles of two images side by side).
--of-fields, fields with VOC boxes as BCCD_Dataset is unzipped
(BCCD/JPEGImages, BCCD/Annotations), gives `red_cells` (windows that hold at
least two red cells and meet no white cell and no platelet) and `two_in_field`
(windows around two white cells).

The same seed makes the same images.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from daffnet_lite.cropping import crop_window
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)

#: Side of what is painted, and of photographs' windows at least, in pixels.
SIDE = 240
#: Attempts at a window without white cells, a field.
ATTEMPTS = 40
#: Pictures of scikit-image that are neither cells nor tissue.
PHOTOGRAPHS = (
    *('astronaut', 'brick', 'camera', 'chelsea', 'clock', 'coffee', 'coins'),
    *('grass', 'gravel', 'hubble_deep_field', 'moon', 'page', 'rocket'),
    *('text', 'horse', 'logo'),
)

Images = Iterator[np.ndarray]
Box = tuple[int, int, int, int]


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_out_dir('work_dirs/strange_images', 'folder for the images')
    parser.add_argument(
        '--of-cells', metavar='FOLDER', help='images of one cell each'
    )
    parser.add_argument(
        '--of-fields', metavar='FOLDER', help='fields and their VOC boxes'
    )
    parser.add_number('--number', 'images of each kind, at most', 200)
    parser.add_number('--seed', 'another number, other images', 0, least=0)
    return parser


def blank(rng: np.random.Generator) -> Images:
    """Glass, as laboratories have it, and sheets without anything."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    while True:
        colour = rng.choice(
            [
                rng.uniform(150, 255) + rng.uniform(-25, 25, 3),
                rng.choice([[0.0] * 3, [255.0] * 3, [128.0] * 3]),
            ],
            p=(0.8, 0.2),
        )
        slope = rng.uniform(-15, 15, 2) * rng.integers(0, 2)
        shade = slope[0] * x + slope[1] * y
        grain = rng.standard_normal((SIDE, SIDE, 3)) * rng.uniform(0, 4)
        yield colour + shade[..., None] + grain


def noise(rng: np.random.Generator) -> Images:
    """Noise of several grains, grey and coloured."""
    while True:
        channels = rng.choice([1, 3])
        plane = rng.standard_normal((SIDE, SIDE, channels))
        grain = rng.choice([0, 1, 3, 8, 16])
        if grain:
            plane = cv2.GaussianBlur(plane, (0, 0), float(grain))
        plane = plane.reshape(SIDE, SIDE, channels) / plane.std()
        yield np.broadcast_to(
            rng.uniform(80, 180) + rng.uniform(20, 60) * plane,
            (SIDE, SIDE, 3),
        )


def photographs(rng: np.random.Generator) -> Images:
    """Windows of pictures of other things."""
    from skimage import data

    pictures = [
        read_image(np.asarray(getattr(data, name)()).astype(np.uint8)).img
        for name in PHOTOGRAPHS
    ]
    while True:
        picture = pictures[rng.integers(len(pictures))]
        least = min(SIDE, *picture.shape[:2])
        side = rng.integers(least, min(picture.shape[:2]) + 1)
        top, left = (
            rng.integers(0, size - side + 1) for size in picture.shape[:2]
        )
        yield picture[top : top + side, left : left + side]


def blurred(rng: np.random.Generator, paths: list[str]) -> Images:
    """Cells out of focus."""
    for path in rng.permutation(paths):
        image = read_image(path).img
        sigma = rng.uniform(0.025, 0.06) * min(image.shape[:2])
        yield cv2.GaussianBlur(image, (0, 0), sigma)


def two_cells(rng: np.random.Generator, paths: list[str]) -> Images:
    """The middles of two images side by side."""
    order = rng.permutation(paths)
    for pair in zip(order[::2], order[1::2], strict=False):
        halves = []
        for path in pair:
            image = cv2.resize(read_image(path).img, (2 * SIDE, 2 * SIDE))
            halves.append(image[:, SIDE // 2 : -SIDE // 2])
        yield np.rot90(np.concatenate(halves, axis=1), rng.integers(4))


def red_cells(rng: np.random.Generator, fields: list[tuple]) -> Images:
    """Windows between the white cells."""
    for path, boxes in (fields[i] for i in rng.permutation(len(fields))):
        image = read_image(path).img
        for _ in range(ATTEMPTS):
            side = rng.integers(120, 241)
            left = rng.integers(0, image.shape[1] - side + 1)
            top = rng.integers(0, image.shape[0] - side + 1)
            window = (left, top, left + side, top + side)
            if any(meet(window, box) for _, box in boxes['others']):
                continue
            held = [box for _, box in boxes['RBC'] if inside(window, box)]
            if len(held) >= 2:
                yield image[top : top + side, left : left + side]
                break


def two_in_field(rng: np.random.Generator, fields: list[tuple]) -> Images:
    """Windows around two white cells of a field."""
    for path, boxes in fields:
        white = [box for name, box in boxes['others'] if name == 'WBC']
        for number, one in enumerate(white):
            for other in white[number + 1 :]:
                image = read_image(path).img
                both = np.array([one, other])
                box = (*both.min(0)[:2], *both.max(0)[2:])
                x1, y1, x2, y2 = crop_window(box, image.shape, 0.05)
                yield image[y1:y2, x1:x2]


def meet(window: Box, box: Box) -> bool:
    """Whether two boxes share a pixel."""
    return (
        box[0] < window[2]
        and window[0] < box[2]
        and box[1] < window[3]
        and window[1] < box[3]
    )


def inside(window: Box, box: Box) -> bool:
    """Whether a window holds a whole box."""
    return (
        window[0] <= box[0]
        and window[1] <= box[1]
        and box[2] <= window[2]
        and box[3] <= window[3]
    )


def read_fields(folder: str) -> list[tuple[Path, dict]]:
    """List fields and their boxes: red cells, and all others.

    Raises:
        InputError: If there is none.
    """
    found = []
    for file in sorted(Path(folder).rglob('Annotations/*.xml')):
        try:
            root = ElementTree.parse(file).getroot()
            boxes: dict[str, list] = dict(RBC=[], others=[])
            for thing in root.iter('object'):
                name = thing.findtext('name') or ''
                box = tuple(
                    int(float(thing.findtext(f'bndbox/{side}') or ''))
                    for side in ('xmin', 'ymin', 'xmax', 'ymax')
                )
                boxes['RBC' if name == 'RBC' else 'others'].append((name, box))
        except (ElementTree.ParseError, ValueError) as error:
            raise InputError(
                f'{file} is no file of VOC boxes ({error}): unzip the fields '
                'anew'
            ) from error
        image = file.parents[1] / 'JPEGImages' / f'{file.stem}.jpg'
        if image.is_file():
            found.append((image, boxes))
    if not found:
        raise InputError(
            f'{folder} has no fields with VOC boxes: expected are '
            'JPEGImages/*.jpg and Annotations/*.xml in it'
        )
    return found


def kinds_of(args) -> dict[str, Callable[[np.random.Generator], Images]]:
    """What can be made of what is given."""
    kinds: dict[str, Callable] = dict(
        blank=blank, noise=noise, photographs=photographs
    )
    if args.of_cells is not None:
        paths = find_images([args.of_cells]).images
        kinds['blurred'] = lambda rng: blurred(rng, paths)
        kinds['two_cells'] = lambda rng: two_cells(rng, paths)
    if args.of_fields is not None:
        fields = read_fields(args.of_fields)
        kinds['red_cells'] = lambda rng: red_cells(rng, fields)
        kinds['two_in_field'] = lambda rng: two_in_field(rng, fields)
    return kinds


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        for kind, make in kinds_of(args).items():
            folder = args.out_dir / kind
            folder.mkdir(parents=True, exist_ok=True)
            images = make(np.random.default_rng(args.seed))
            number = 0
            for number, image in zip(
                range(1, args.number + 1), images, strict=False
            ):
                pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
                coded = cv2.imencode('.png', pixels)[1]
                with atomic_write(folder / f'{number:04}.png', 'wb') as file:
                    file.write(coded.tobytes())
            print(f'{folder}: {number} images')
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
