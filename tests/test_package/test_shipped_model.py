"""The model that comes with the package."""

import csv
from collections import Counter

import cv2
import numpy as np
import pytest
import torch
from fields import painted_field
from mmengine import Config
from mmpretrain import get_model

from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError
from daffnet_lite.fields import cut_cell
from daffnet_lite.review.review_rule import CRITERIA
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.shipped_model import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)
from daffnet_mm.datasets import SyntheticWBC

WEIGHTS = shipped_file(SHIPPED_WEIGHTS)


def test_file():
    """Plain values and half precision, in less than 16 MB."""
    checkpoint = torch.load(WEIGHTS, map_location='cpu', weights_only=True)
    with open(WEIGHTS, 'rb') as file:
        assert len(file.read()) <= 16 * 10**6
    weights = checkpoint['state_dict'].values()
    assert {w.dtype for w in weights} == {torch.half, torch.int64}
    assert sum(w.numel() for w in weights) < 8e6
    meta = checkpoint['meta']
    assert tuple(meta['dataset_meta']['classes']) == WBC5_CLASSES
    assert meta['attributes'] == {
        name: list(values) for name, values in WBC_ATTRIBUTES.items()
    }
    assert 'cell_type' in meta['temperatures']
    number = Counter(n.split('/')[0] for n in meta['train_images'])
    assert number['PBC'] == 5552
    # The release's list has so many cells; nobody was trained on JTSC.
    assert number['BCCD'] == 199 and 'JTSC' not in number
    assert list(meta['review']['limits']) == list(CRITERIA)
    assert len(meta['review']['seen']) == 750


def test_card():
    card = shipped_file('weights/README.md')
    with open(card, encoding='utf-8') as file:
        text = ' '.join(file.read().split())
    for word in ('CC BY 4.0', 'not for diagnosis', 'tools/train.py'):
        assert word.lower() in text.lower()


def test_through_mmpretrain():
    model = get_model(
        Config.fromfile(shipped_file(SHIPPED_CONFIG)), pretrained=WEIGHTS
    )
    weights = torch.load(WEIGHTS, map_location='cpu', weights_only=True)[
        'state_dict'
    ]
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, weights[name].to(value))


def test_without_arguments():
    """Bad cells are refused nowhere, but every answer is a complete one."""
    image = np.full((90, 90, 3), 220, np.uint8)
    cv2.circle(image, (45, 45), 20, (130, 50, 90), -1)
    cell = WBCInferencer()(image)[0]
    assert cell['pred_class'] in WBC5_CLASSES
    assert sum(cell['pred_scores']) == pytest.approx(1, abs=1e-4)
    assert list(cell['attributes']) == list(WBC_ATTRIBUTES)
    for name, attribute in cell['attributes'].items():
        assert attribute['value'] in WBC_ATTRIBUTES[name]


@pytest.mark.parametrize('kind', ['blank', 'noise', 'red cells', 'grey'])
def test_what_is_no_cell_is_not_taken_for_one(kind):
    rng = np.random.default_rng(0)
    image = np.full((120, 120, 3), 220, np.uint8)
    if kind == 'noise':
        image = rng.integers(0, 256, image.shape, np.uint8)
    elif kind == 'red cells':
        for x, y in rng.integers(10, 110, (9, 2)).tolist():
            cv2.circle(image, (x, y), 14, (150, 140, 205), -1)
    elif kind == 'grey':
        image[:] = rng.integers(0, 256, (120, 1, 1), np.uint8)
    cell = WBCInferencer()(image)[0]
    assert cell['review'] and cell['review_score'] > 0
    assert cell['pred_class'] in WBC5_CLASSES


def test_a_field():
    """Its cells are answered as their crops are, whoever found them."""
    image = painted_field([(150, 120), (420, 200)])
    inferencer = WBCInferencer()
    field = inferencer.predict_field(image)
    assert len(field.cells) == 2
    assert sum(count['number'] for count in field.count) == 2
    given = inferencer.predict_field(image, boxes=field.boxes[::-1])
    assert given.boxes == field.boxes[::-1]
    crops = [cut_cell(image, box) for box in field.boxes]
    for cell, alone, again in zip(
        field.cells, inferencer(crops), given.cells[::-1], strict=True
    ):
        assert cell.cell_type == again.cell_type == alone['pred_class']
        assert cell.probability == pytest.approx(alone['pred_score'], abs=1e-5)
        assert cell.answer['attributes'] == alone['attributes']
    assert inferencer.predict_field(painted_field([])).cells == ()
    with pytest.raises(InputError, match='batch_size=0'):
        inferencer.predict_field(image, batch_size=0)


def test_a_folder_with_broken_files(tmp_path, capfd):
    """180 painted cells give rows, 20 files that are none give errors."""
    folder = tmp_path / 'cells'
    folder.mkdir()
    painted = SyntheticWBC(
        num_samples=30,
        image_size=96,
        pipeline=[dict(type='LoadSyntheticCell')],
    )
    images = [painted[index]['img'] for index in range(30)]
    for number in range(180):
        cv2.imwrite(str(folder / f'{number:03}.png'), images[number % 30])
    whole = (folder / '000.png').read_bytes()
    contents = [b'', b'no image', whole[: len(whole) // 2], whole[:20]]
    for number in range(20):
        name = folder / f'{number:03}_broken.png'
        name.write_bytes(contents[number % 4])
    out = tmp_path / 'cells.csv'
    predict.main([str(folder), '--format', 'csv', '--out', str(out)])
    with open(out) as file:
        rows = list(csv.DictReader(file))
    assert [row['image'] for row in rows] == [
        str(folder / f'{number:03}.png') for number in range(180)
    ]
    # Equal images have equal rows, wherever broken ones lie between them.
    for number, row in enumerate(rows):
        assert row['cell_type'] == rows[number % 30]['cell_type']
    errors = [
        line
        for line in capfd.readouterr().err.splitlines()
        if line.startswith('error: ')
    ]
    assert len(errors) == 20
    for number, error in enumerate(errors):
        assert f'{number:03}_broken.png' in error


def test_real_cells(shared, tmp_path):
    """On cells of WBCAtt's validation file, which it never saw."""
    with open(shared / 'data/wbcatt/pbc_attr_v1_val.csv') as file:
        rows = list(csv.DictReader(file))[::9]
    folder = shared / 'data/pbc/PBC_dataset_normal_DIB'
    truth = {
        str(folder / row['label'].lower() / row['img_name']): row
        for row in rows
    }
    out = tmp_path / 'cells.csv'
    predict.main([*truth, '--format', 'csv', '--out', str(out)])
    with open(out) as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == len(truth) > 100
    types = [
        c['cell_type'] == truth[c['image']]['label'].lower() for c in cells
    ]
    values = [
        c[name] == truth[c['image']][name]
        for c in cells
        for name in WBC_ATTRIBUTES
    ]
    # What the card states, less what so few cells vary by.
    assert np.mean(types) > 0.96 and np.mean(values) > 0.9
    assert np.mean([bool(c['review']) for c in cells]) < 0.06


@pytest.mark.parametrize('kind', ['erythroblast', 'platelet'])
def test_real_cells_of_other_kinds(shared, kind):
    """On such to which the limits were not fitted."""
    folder = shared / 'data/pbc/PBC_dataset_normal_DIB' / kind
    meta = torch.load(WEIGHTS, map_location='cpu', weights_only=True)['meta']
    seen = set(meta['review']['seen'])
    paths = [p for p in sorted(folder.glob('*.jpg')) if p.name not in seen]
    answers = WBCInferencer()([str(path) for path in paths[::4]])
    assert len(answers) > 50
    assert np.mean([bool(a['review']) for a in answers]) > 0.8


def test_cells_of_a_laboratory_that_stains_cytoplasm_deep(shared):
    """JTSC's, on which this was found, so that it proves no more."""
    places = sorted((shared / 'data/jtsc/Dataset 1').glob('*.bmp'))
    with open(shared / 'data/jtsc/Class Labels of Dataset 1.csv') as file:
        kinds = dict(csv.reader(file))
    types = ['neutrophil', 'lymphocyte', 'monocyte', 'eosinophil', 'basophil']
    truth = [types[int(kinds[str(int(p.stem))]) - 1] for p in places]
    right = {}
    for profile in ('auto', 'none'):
        inferencer = WBCInferencer(profile=profile)
        answers = inferencer([str(place) for place in places])
        right[profile] = np.mean(
            [a['pred_class'] == t for a, t in zip(answers, truth, strict=True)]
        )
        assert ('it is made paler' in ''.join(inferencer.warnings)) == (
            profile == 'auto'
        )
    assert right['auto'] > 0.78 > 0.7 > right['none']
