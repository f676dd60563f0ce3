"""A rule that is fitted, stored, published, used and measured."""

import csv
import json
import operator

import cv2
import numpy as np
import pytest
import torch
from mmengine import Config
from trained_cells import write_cells, write_classifier

from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError
from daffnet_lite.review import look_at
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis import WBCInferencer

FIT = 'analysis_tools/fit_review.py'
EVALUATE = 'analysis_tools/evaluate_review.py'
PUBLISH = 'model_converters/publish_model.py'


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """A small classifier, files of its cells, and of another kind."""
    folder = tmp_path_factory.mktemp('world')
    write_cells(folder / 'pbc', dict.fromkeys(WBC5_CLASSES, 10))
    write_cells(folder, dict(platelet=9))
    (folder / 'platelet' / 'broken.png').write_bytes(b'no image')
    config, checkpoint = write_classifier(folder, WBC5_CLASSES)
    return folder, config, checkpoint


@pytest.fixture(scope='module')
def fitted(world, tmp_path_factory):
    from tool_process import run_tool

    folder, config, checkpoint = world
    out = folder / 'fitted.pth'
    others = folder / 'platelet'
    log = folder / 'log'
    status, output = run_tool(
        FIT, config, checkpoint, '--others', others, '--out', out, log=log
    )
    assert status == 1, output  # for the broken image
    return out, output


def test_weights_stay_and_a_rule_is_added(world, fitted):
    out, output = fitted
    before = torch.load(world[2], weights_only=True)
    after = torch.load(out, weights_only=True)
    assert before['state_dict'].keys() == after['state_dict'].keys()
    for name, value in before['state_dict'].items():
        assert torch.equal(value, after['state_dict'][name])
    rule = after['meta'].pop('review')
    assert after['meta'] == before['meta']
    # Every other one, in order; the broken one was to be held back or seen.
    assert rule['seen'] == [
        'broken.png',
        *(f'platelet_{number}.png' for number in (1, 3, 5, 7)),
    ]
    assert 'error: image' in output and 'broken.png' in output
    # 2 % of 16 cells are none.
    (line,) = (x for x in output.splitlines() if 'validation part' in x)
    assert ' 16 ' in line and ' 0.00 ' in line
    (line,) = (x for x in output.splitlines() if 'held back' in x)
    assert 'platelet' in line and ' 5 ' in line


def test_answers_stay_and_have_a_review(world, fitted, capsys):
    folder, config, checkpoint = world
    cells = str(folder / 'pbc')
    plain = WBCInferencer(config, checkpoint)(cells)
    inferencer = WBCInferencer(config, str(fitted[0]))
    reviewed = inferencer(cells, batch_size=7)
    for one, other in zip(plain, reviewed, strict=True):
        np.testing.assert_allclose(
            one['pred_scores'], other['pred_scores'], atol=1e-6
        )
        assert (other['review_score'] > 0) == bool(other['review'])
    # Squares of one colour show no nucleus, whatever the network thinks.
    limits = torch.load(fitted[0])['meta']['review']['limits']
    for cell in reviewed:
        view = look_at(cv2.imread(cell['image']))
        none = any(
            -getattr(view, name) > limits[name][0]
            for name in ('nucleus', 'concentration')
        )
        assert ('not a cell' in cell['review']) == none
    assert any('not a cell' in cell['review'] for cell in reviewed)
    again = inferencer(cells, batch_size=50, return_datasamples=True)
    assert [s.review for s in again] == [c['review'] for c in reviewed]
    words = [cells, '--config', config, '--checkpoint', str(fitted[0])]
    predict.main([*words, '--format', 'csv'])
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert list(rows[0])[-1] == 'review'
    assert [r['review'] for r in rows] == [c['review'] for c in reviewed]
    predict.main([*words, '--format', 'json'])
    report = json.loads(capsys.readouterr().out)
    assert [c['review'] for c in report['cells']] == [
        c['review'] for c in reviewed
    ]
    assert report['review'] == [
        dict(image=cell['image'], review=cell['review'])
        for cell in reviewed
        if cell['review']
    ]
    predict.main(words)
    text = capsys.readouterr().out
    assert 'Look at again' in text and 'not a cell' in text


def test_views_have_a_review_too(world, fitted):
    """Of an image that looks alike from all sides, the same one."""
    _, config, _ = world
    image = np.full((32, 32, 3), 210, np.uint8)
    cv2.circle(image, (16, 16), 6, (140, 50, 90), -1)
    image = np.minimum(image, image[::-1])
    image = np.minimum(image, image[:, ::-1])
    one = WBCInferencer(config, str(fitted[0]))(image)[0]
    averaged = WBCInferencer(config, str(fitted[0]), views='flips')
    many = averaged([image, image])[1]
    assert many['review'] == one['review']
    assert many['review_score'] == pytest.approx(one['review_score'], rel=0.2)


def test_a_published_model_keeps_its_rule(world, fitted, succeeds):
    folder, config, _ = world
    out = folder / 'published.pth'
    succeeds(PUBLISH, config, fitted[0], '--out', out)
    one, other = (
        torch.load(path, weights_only=True)['meta']['review']
        for path in (fitted[0], out)
    )
    assert one['limits'] == other['limits'] and one['seen'] == other['seen']
    for name, value in one['open_set'].items():
        same = other['open_set'][name]
        if name in ('means', 'directions', 'weight'):
            assert torch.equal(value.half(), same), name
        else:
            equal = torch.equal if torch.is_tensor(value) else operator.eq
            assert equal(value, same), name
    cell = str(folder / 'pbc' / 'basophil' / 'basophil_1.png')
    reviews = [
        WBCInferencer(config, str(path))(cell)[0]['review']
        for path in (fitted[0], out)
    ]
    assert reviews[0] == reviews[1]


def test_measured(world, fitted, succeeds):
    folder, config, _ = world
    out = folder / 'review.json'
    others = f'platelet={folder / "platelet"}'
    cells = f'near={folder / "pbc" / "monocyte"}'
    printed = succeeds(
        EVALUATE,
        config,
        fitted[0],
        *('--cells', cells, '--others', others, '--out', out),
    )
    rows = {row['name']: row for row in json.loads(out.read_text())}
    assert [rows[n]['kind'] for n in rows] == ['home', 'cells', 'others']
    # The rule was not measured on what it was fitted to.
    assert rows['platelet']['images'] == 5 and rows['near']['images'] == 10
    inferencer = WBCInferencer(config, str(fitted[0]))
    scores = {
        name: [c['review_score'] for c in inferencer(paths)]
        for name, paths in dict(
            near=str(folder / 'pbc' / 'monocyte'),
            platelet=[
                str(folder / 'platelet' / f'platelet_{n}.png')
                for n in (0, 2, 4, 6, 8)
            ],
        ).items()
    }
    for name, found in scores.items():
        refused = 100 * np.mean(np.array(found) > 0)
        assert rows[name]['refused'] == pytest.approx(refused)
        assert rows[name]['interval'][0] <= refused
        assert f'| {name}' in printed
        assert 0 <= rows[name]['auroc'] <= 100
    assert 'auroc' not in rows['home']


def test_steps_that_follow_for_all_datasets(world, succeeds, tmp_path):
    """A part is prepared alike if a wrapper says its last steps."""
    folder, config, checkpoint = world
    cfg = Config.fromfile(config)
    for part in ('train', 'val'):
        dataset = cfg[f'{part}_dataloader'].dataset
        *first, last = dataset.pipeline
        assert last.type == 'PackInputs' and first
        inner = dict(dataset, pipeline=first)
        cfg[f'{part}_dataloader'].dataset = dict(
            type='MixedDataset',
            classes=WBC5_CLASSES,
            datasets=[dict(type='RepeatDataset', times=1, dataset=inner)],
            pipeline=[last],
        )
    mixed = tmp_path / 'mixed.py'
    cfg.dump(mixed)
    rules = []
    for name in (config, mixed):
        out = tmp_path / 'fitted.pth'
        others = folder / 'pbc' / 'monocyte'
        succeeds(FIT, name, checkpoint, '--out', out, '--others', others)
        rules.append(torch.load(out, weights_only=True)['meta']['review'])
        out.unlink()
    assert rules[0]['limits'] == rules[1]['limits']
    assert rules[0]['seen'] == rules[1]['seen']


def test_other_images_or_none(world, succeeds, fails, tmp_path):
    folder, config, checkpoint = world
    out = tmp_path / 'out.pth'
    succeeds(FIT, config, checkpoint, '--out', out, '--share', '0.1')
    limits = torch.load(out, weights_only=True)['meta']['review']['limits']
    assert 'other' not in limits and 'distance' in limits
    few = tmp_path / 'few'
    write_cells(tmp_path, dict(few=3))
    words = (FIT, config, checkpoint, '--out', tmp_path / 'no.pth', '--others')
    assert 'has 3 images, too few' in fails(*words, few)
    assert 'same name' in fails(
        *words, folder / 'platelet', f'{folder}/platelet'
    )
    assert not (tmp_path / 'no.pth').exists()
    words = (EVALUATE, config, checkpoint, '--cells')
    assert 'must be NAME=FOLDER' in fails(*words, folder)
    assert 'not home' in fails(*words, f'home={folder}')


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (None, 'no dict with limits'),
        (lambda rule: rule.update(limits=None), 'no dict with limits'),
        (
            lambda rule: rule['open_set'].update(rest=-1.0),
            'variance that is not above 0',
        ),
        (
            lambda rule: rule['open_set'].update(
                means=rule['open_set']['means'][:, 1:],
                directions=rule['open_set']['directions'][1:],
                weight=rule['open_set']['weight'][:, 1:],
            ),
            'for 15 features, but the model has 16',
        ),
    ],
)
def test_another_rule_is_refused(world, fitted, tmp_path, damage, message):
    content = torch.load(fitted[0], weights_only=True)
    if damage is None:
        content['meta']['review'] = torch.ones(2)
    else:
        damage(content['meta']['review'])
    torch.save(content, tmp_path / 'other.pth')
    with pytest.raises(InputError, match=message) as caught:
        WBCInferencer(world[1], str(tmp_path / 'other.pth'))
    assert 'other.pth has a review rule' in str(caught.value)
