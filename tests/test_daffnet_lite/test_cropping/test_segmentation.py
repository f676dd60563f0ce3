from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from daffnet_lite.cropping import segment_cells
from daffnet_lite.cropping.nuclei import nuclear_mask
from daffnet_lite.cropping.overview import Overview
from daffnet_lite.cropping.stains import separate_stains
from daffnet_lite.errors import InputError
from daffnet_mm.datasets.synthetic import render_cell

#: B, G, R of the parts of a smear with two usual stains.
STAINS = dict(
    wright=dict(
        glass=(222, 228, 225),
        red=(140, 150, 190),
        plasm=(215, 175, 185),
        nucleus=(190, 75, 115),
    ),
    rapid=dict(
        glass=(165, 250, 253),
        red=(150, 205, 235),
        plasm=(120, 170, 190),
        nucleus=(80, 20, 95),
    ),
)


class Smear:
    """Discs on glass, with the camera's noise."""

    def __init__(self, size, stain='wright', seed=0):
        self.colours = STAINS[stain]
        self.rng = np.random.default_rng(seed)
        self.image = np.empty((*size, 3), np.uint8)
        self.image[:] = self.colours['glass']
        self.masks = []

    def disc(self, part, x, y, radius):
        cv2.circle(self.image, (x, y), radius, self.colours[part], -1)
        mask = np.zeros(self.image.shape[:2], np.uint8)
        cv2.circle(mask, (x, y), radius, 1, -1)
        return mask > 0

    def red_cells(self, radius, spots):
        for x, y in spots:
            self.disc('red', x, y, radius)
            self.disc('glass', x, y, radius // 4)

    def cell(self, x, y, radius, lobes):
        """Add a cell; lobes are (dx, dy, radius)."""
        cell = self.disc('plasm', x, y, radius)
        nucleus = np.zeros_like(cell)
        for dx, dy, lobe in lobes:
            nucleus |= self.disc('nucleus', x + dx, y + dy, lobe)
        self.masks.append((nucleus, cell))

    def photograph(self):
        image = cv2.GaussianBlur(self.image, (0, 0), 1.2).astype(float)
        image += self.rng.normal(0, 2, image.shape)
        return image.clip(0, 255).astype(np.uint8)


def iou(one, other):
    return (one & other).sum() / (one | other).sum()


def check(found, masks, least=0.85):
    """Each planted cell is found once, and nothing else is."""
    assert len(found) == len(masks)
    for cell in found:
        nucleus, whole = max(masks, key=lambda m: iou(m[1], cell.cell))
        assert iou(nucleus, cell.nucleus) > least
        assert iou(whole, cell.cell) > least


#: Middles of red cells, around that of the field.
RED = list(
    zip(
        (60, 160, 300, 430, 560, 70, 540, 60, 200, 330, 460, 580),
        (60, 50, 60, 55, 70, 200, 220, 330, 420, 430, 400, 400),
        strict=True,
    )
)


def field(stain='wright'):
    smear = Smear((480, 640), stain)
    smear.red_cells(38, RED)
    return smear


def test_lobes_of_one_nucleus_are_merged():
    smear = field()
    smear.cell(300, 240, 85, [(-40, -20, 26), (30, -35, 24), (20, 40, 28)])
    found = segment_cells(smear.photograph())
    check(found, smear.masks)
    cell = found[0]
    assert cell.nucleus.dtype == cell.cell.dtype == bool
    assert cell.nucleus.shape == cell.cell.shape == (480, 640)
    assert not (cell.nucleus & ~cell.cell).any()
    x1, y1, x2, y2 = cell.box
    assert all(type(v) is int for v in cell.box)
    assert cell.cell[y1:y2, x1:x2].sum() == cell.cell.sum()
    assert cell.cell[y1].any() and cell.cell[y2 - 1].any()
    assert cell.cell[:, x1].any() and cell.cell[:, x2 - 1].any()
    assert np.abs(np.array(cell.box) - (215, 155, 386, 326)).max() < 8
    assert cell['box'] == cell.box and cell['cell'] is cell.cell
    with pytest.raises(KeyError):
        cell['colour']


def test_touching_cells_are_split_and_the_largest_nucleus_is_first():
    smear = field()
    smear.cell(240, 240, 62, [(0, 0, 48)])
    smear.cell(367, 240, 68, [(0, 0, 55)])
    found = segment_cells(smear.photograph())
    check(found, smear.masks)
    assert found[0].box[0] > found[1].box[0]


def test_platelets_and_red_cells_are_left_out():
    smear = field()
    for x, y in ((250, 200), (400, 250), (150, 300)):
        smear.disc('nucleus', x, y, 11)
    assert segment_cells(smear.photograph()) == []
    smear.cell(300, 330, 60, [(0, 0, 45)])
    check(segment_cells(smear.photograph()), smear.masks)


def test_a_field_of_red_cells_alone():
    assert segment_cells(field().photograph()) == []
    assert segment_cells(field('rapid').photograph()) == []


@pytest.mark.parametrize('factor', [0.2, 0.5, 2.0])
def test_the_scale_does_not_matter(factor):
    smear = field()
    smear.cell(300, 240, 85, [(-30, 0, 34), (34, 0, 36)])

    def resized(picture, how):
        return cv2.resize(picture, None, None, factor, factor, how)

    image = resized(smear.photograph(), cv2.INTER_AREA)
    masks = [
        [resized(m.astype(np.uint8), cv2.INTER_NEAREST) > 0 for m in pair]
        for pair in smear.masks
    ]
    check(segment_cells(image), masks, 0.8)


def mosaic(across, down, factor=0.35):
    """One field again and again: a large one of the same slide."""
    smear = field()
    smear.cell(300, 240, 85, [(-30, 0, 34), (34, 0, 36)])
    smear.cell(440, 300, 62, [(0, 0, 48)])
    one = cv2.resize(
        smear.photograph(), None, None, factor, factor, cv2.INTER_AREA
    )
    return one, np.tile(one, (down, across, 1))


@pytest.mark.parametrize(('across', 'down'), [(2, 2), (6, 6), (9, 3)])
def test_a_large_field_has_the_cells_of_its_parts(across, down):
    """However small a nucleus is beside the image; each is found once."""
    one, large = mosaic(across, down)
    height, width = one.shape[:2]
    single = [cell.box for cell in segment_cells(one)]
    assert len(single) == 2
    found = segment_cells(large)
    assert len(found) == 2 * across * down
    sizes = [cell.nucleus_in_box.sum() for cell in found]
    assert sizes == sorted(sizes, reverse=True)
    places = set()
    for cell in found:
        x, y = cell.box[0] // width * width, cell.box[1] // height * height
        box = np.array(cell.box) - (x, y, x, y)
        nearest = min(single, key=lambda b: np.abs(box - b).max())
        assert np.abs(box - nearest).max() < 0.1 * height
        places.add((x, y, nearest))
    assert len(places) == len(found)
    cell = found[-1]
    assert cell.cell.shape == cell.nucleus.shape == large.shape[:2]
    x1, y1, x2, y2 = cell.box
    assert cell.cell[y1:y2, x1:x2].sum() == cell.cell.sum()
    assert (cell.nucleus & ~cell.cell).sum() == 0


def test_a_large_field_can_be_given_up():
    """Asked before each of its parts, and never of a small one."""

    class GivenUpError(Exception):
        pass

    asked = []

    def check():
        asked.append(len(asked))
        if len(asked) == 3:
            raise GivenUpError

    one, large = mosaic(6, 6)
    assert len(segment_cells(one, check=check)) == 2
    assert not asked
    with pytest.raises(GivenUpError):
        segment_cells(large, check=check)
    assert asked == [0, 1, 2]


def test_a_large_field_of_red_cells_alone():
    assert segment_cells(np.tile(field().photograph(), (3, 3, 1))) == []


def test_platelets_of_a_large_field_are_left_out():
    """Where a part has neither nuclei nor red cells, too."""
    smear = field()
    smear.cell(300, 240, 60, [(0, 0, 45)])
    busy = smear.photograph()
    smear = Smear((480, 640))
    smear.disc('nucleus', 320, 240, 11)
    empty = smear.photograph()
    rows = [np.hstack([busy] * 3), np.hstack([busy, empty, busy])]
    large = np.vstack([*rows, rows[0]])
    assert len(segment_cells(large)) == 8


def test_the_papers_chain_fills_holes_and_grows_nuclei():
    """A ring of a nucleus, whose middle is as pale as the cytoplasm."""
    stains = []
    for hole in (0, 12):
        smear = Smear((120, 120))
        smear.cell(60, 60, 44, [(0, 0, 28)])
        if hole:
            smear.disc('plasm', 60, 60, hole)
        image = smear.photograph()
        stains.append(separate_stains(image, Overview(image).glass))
    full, ring = stains
    plain = nuclear_mask(ring, 2.56)
    assert not plain[60, 60]
    paper = nuclear_mask(ring, 2.56, growth=1)
    assert paper[60, 60] and (paper & plain).sum() == plain.sum()
    grown = cv2.dilate(
        nuclear_mask(full, 2.56).astype(np.uint8), np.ones((3, 3))
    )
    assert iou(paper, grown > 0) > 0.95


@pytest.mark.parametrize('stain', STAINS)
def test_the_papers_chain_finds_usual_cells(stain):
    smear = field(stain)
    smear.cell(300, 240, 85, [(-40, -20, 26), (30, -35, 24), (20, 40, 28)])
    check(segment_cells(smear.photograph(), 'chen2022'), smear.masks)
    with pytest.raises(InputError, match="no chain 'paper'; there are own an"):
        segment_cells(smear.photograph(), 'paper')


@pytest.mark.parametrize('stain', STAINS)
def test_one_cell_without_red_cells(stain):
    smear = Smear((120, 120), stain)
    smear.cell(58, 62, 38, [(-12, -8, 15), (14, 6, 15)])
    check(segment_cells(smear.photograph()), smear.masks)


def test_a_cell_that_the_border_cuts():
    smear = field()
    smear.cell(300, 470, 80, [(0, -20, 42)])
    found = segment_cells(smear.photograph())
    check(found, smear.masks)
    assert found[0].box[3] == 480


def test_uneven_light_and_a_round_field_of_view():
    smear = field()
    smear.cell(300, 240, 80, [(0, 0, 55)])
    y, x = np.mgrid[-1:1:480j, -1:1:640j]
    dim = 1 - 0.2 * (x**2 + y**2) - 0.08 * x
    image = (smear.photograph() * dim[..., None]).astype(np.uint8)
    check(segment_cells(image), smear.masks)
    image[np.hypot(x, y) > 1.1] = 0
    check(segment_cells(image), smear.masks)


@pytest.mark.parametrize('shade', [0, 10, 128, 225, 255])
@pytest.mark.parametrize('noise', [0, 3, 20])
def test_nothing_on_empty_glass(shade, noise):
    grey = shade + np.random.default_rng(0).normal(0, noise, (120, 160, 3))
    assert segment_cells(grey.clip(0, 255).astype(np.uint8)) == []


def test_synthetic_cells_with_their_masks():
    cells = [
        [0, 1, 3, 1, 0, 0, 0, 1, 3, 1, 1],
        [1, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0],
        [1, 1, 2, 1, 0, 0, 0, 1, 3, 1, 1],
    ]
    scores = []
    for laboratory in 'ab':
        for seed, attributes in enumerate(cells * 2):
            image, masks = render_cell(
                attributes, 128, seed, laboratory, return_masks=True
            )
            found = segment_cells(image)
            assert found
            scores.append(
                [iou(found[0][p], masks[p]) for p in ('nucleus', 'cell')]
            )
    assert (np.mean(scores, axis=0) > 0.85).all()


def test_the_image_is_not_changed_and_may_be_a_view():
    smear = field()
    smear.cell(300, 240, 80, [(0, 0, 55)])
    image = smear.photograph()
    turned = image[::-1, :, ::-1][..., ::-1]
    before = turned.copy()
    turned.flags.writeable = False
    check(segment_cells(turned), [[m[::-1] for m in smear.masks[0]]])
    assert (turned == before).all()


@pytest.mark.parametrize(
    ('image', 'message'),
    [
        (None, 'got a NoneType; expected is an 8-bit BGR image'),
        ('cell.png', 'got a str'),
        (np.zeros((40, 40), np.uint8), r'shape \(40, 40\); expected'),
        (np.zeros((40, 40, 4), np.uint8), r'shape \(40, 40, 4\)'),
        (np.zeros((40, 40, 3), np.uint16), 'type uint16'),
        (np.zeros((40, 40, 3)), 'type float64'),
        (np.zeros((0, 0, 3), np.uint8), 'at least 16 x 16'),
        (np.zeros((400, 9, 3), np.uint8), 'at least 16 x 16'),
    ],
)
def test_bad_images(image, message):
    with pytest.raises(InputError, match=message):
        segment_cells(image)


def test_real_fields(real):
    folder = real('bccd_detection/BCCD')
    fields = []
    for path in sorted((folder / 'Annotations').glob('*.xml')):
        boxes = [
            [
                int(cell.findtext(f'bndbox/{side}'))
                for side in ('xmin', 'ymin', 'xmax', 'ymax')
            ]
            for cell in ElementTree.parse(path).iter('object')
            if cell.findtext('name') == 'WBC'
        ]
        if len(boxes) == 1:
            fields.append((path.stem, boxes[0]))
    for stem, wanted in fields[20::80]:
        found = segment_cells(
            cv2.imread(str(folder / 'JPEGImages' / f'{stem}.jpg'))
        )
        assert len(found) == 1
        # As masks, so that it does not repeat the evaluation script.
        planes = np.zeros((2, 480, 640), bool)
        for plane, (x1, y1, x2, y2) in zip(
            planes, (wanted, found[0].box), strict=True
        ):
            plane[y1:y2, x1:x2] = True
        assert iou(*planes) > 0.5


def test_real_cells(real):
    masks = sorted((real('jtsc') / 'Dataset 1').glob('*.png'))
    scores = []
    for path in masks[::12]:
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        found = segment_cells(cv2.imread(str(path.with_suffix('.bmp'))))
        scores.append(
            [iou(found[0].nucleus, mask == 255), iou(found[0].cell, mask > 0)]
        )
    assert (np.mean(scores, axis=0) > (0.8, 0.75)).all()
