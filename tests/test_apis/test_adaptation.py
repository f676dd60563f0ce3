import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from tool_process import load_tool

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis import WBCInferencer, adaptation
from daffnet_mm.apis.adaptation import (
    STRENGTHS,
    adapt,
    fit_layer,
    labelled_cells,
    mean_recall,
    save_adapted,
)
from daffnet_mm.apis.shipped_model import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)
from daffnet_mm.datasets import SyntheticWBC


@pytest.fixture(scope='module')
def laboratory(tmp_path_factory):
    """Painted cells as negatives, eight of each type, in folders."""
    root = tmp_path_factory.mktemp('laboratory')
    cells = SyntheticWBC(
        split='test',
        num_samples=120,
        image_size=96,
        laboratory='b',
        pipeline=[dict(type='LoadSyntheticCell')],
    )
    numbers = dict.fromkeys(WBC5_CLASSES, 0)
    for index in range(len(cells)):
        name = WBC5_CLASSES[cells.get_data_info(index)['gt_label']]
        if numbers[name] < 8:
            numbers[name] += 1
            folder = root / f'{name}s'.upper()
            folder.mkdir(exist_ok=True)
            # As they are the model knows them too well.
            image = cv2.bitwise_not(cells[index]['img'])
            cv2.imwrite(str(folder / f'{index}.png'), image)
    assert set(numbers.values()) == {8}
    return root


# -- the layer ----------------------------------------------------------------


def two_types(number, seed=0, width=6):
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 2], number)
    features = rng.normal(size=(2 * number, width))
    features[:, 1] += 3 * (labels == 2)
    return features, labels


@pytest.mark.parametrize('seed', range(3))
def test_the_layer_minimises_what_it_says(seed):
    features, labels = two_types(12, seed)
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(3, 6)), rng.normal(size=3)
    found = fit_layer(weight, bias, features[None], labels)

    spread = features.std(axis=0)
    spread = (spread + 0.1 * spread.mean()) * 6**0.5
    inputs = (features - features.mean(0)) / spread
    before = features @ weight.T + bias
    mean = before[:, [0, 2]].mean(axis=1, keepdims=True)
    before[:, [0, 2]] = mean + found.kept * (before[:, [0, 2]] - mean)

    def logits_of(values, inputs, before):
        # one function that the two types share with opposite signs, and the
        # bias of the type that has no cells
        one = inputs @ values[:6] + values[6]
        return before + np.stack(
            [one, np.full(len(one), values[7]), -one], axis=1
        )

    def cost(values):
        logits = logits_of(values, inputs, before)
        true = logits[np.arange(24), labels]
        surprise = np.logaddexp.reduce(logits, axis=1) - true
        squared = 2 * (values[:6] ** 2).sum()
        return (
            surprise.mean()
            + found.strength / 2 * squared
            + 0.01 / 2 * values[7] ** 2
        )

    best = minimize(cost, np.zeros(8), method='BFGS', tol=1e-10)
    np.testing.assert_allclose(
        (features @ found.weight.T + found.bias) * found.temperature,
        logits_of(best.x, inputs, before),
        atol=0.02,
    )


def test_types_without_cells_keep_their_weights():
    features, labels = two_types(10)
    weight, bias = np.ones((3, 6)), np.zeros(3)
    found = fit_layer(weight, bias, features[None], labels)
    np.testing.assert_allclose(found.weight[1] * found.temperature, weight[1])


def test_what_is_claimed_wrongly_is_claimed_less():
    features, labels = two_types(20)
    # the type without cells is always the most probable, until now
    weight, bias = np.zeros((3, 6)), np.array([0.0, 3.0, 0.0])
    found = fit_layer(weight, bias, features[None], labels)
    further, true = two_types(200, seed=1)
    answers = (further @ found.weight.T + found.bias).argmax(axis=1)
    assert (answers == 1).mean() < 0.05
    assert (answers == true).mean() > 0.85
    assert found.bias[1] * found.temperature > -10


def test_wrong_answers_are_forgotten_and_right_ones_kept():
    features, labels = two_types(20)
    right = np.zeros((3, 6))
    right[0, 1], right[2, 1] = -2, 2
    bias = np.array([3.0, -9.0, -3.0])
    assert fit_layer(right, bias, features[None], labels).kept == 1
    assert fit_layer(-right, -bias, features[None], labels).kept == 0


def test_it_tells_new_cells_apart():
    features, labels = two_types(20)
    weight, bias = np.zeros((3, 6)), np.array([0.0, 0.1, 0.0])
    found = fit_layer(weight, bias, features[None], labels)
    further, true = two_types(200, seed=1)
    assert mean_recall(further @ weight.T + bias, true) == 0
    after = mean_recall(further @ found.weight.T + found.bias, true)
    assert after > 85
    # what was promised of cells that are held out
    assert abs(mean_recall(found.held_out, labels) - after) < 10


def test_views_of_a_cell_teach_what_does_not_matter(monkeypatch):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 6)
    side = rng.choice([-1.0, 1.0], size=(4, 12))
    views = rng.normal(scale=0.1, size=(4, 12, 2))
    views[..., 0] += labels
    # what lies on one side of a cell lies on the other in another view
    views[..., 1] += side * 3
    views[0, :, 1] = 3 * (2 * labels - 1)
    one = fit_layer(np.zeros((2, 2)), np.zeros(2), views[:1], labels)
    all_ = fit_layer(np.zeros((2, 2)), np.zeros(2), views, labels)

    def trust(found):
        weight = found.weight[1] - found.weight[0]
        return abs(weight[1] / weight[0])

    assert trust(all_) < trust(one) / 2
    # of many cells one view counts, as `adapt` looks at them
    monkeypatch.setattr(adaptation, 'MOST_TURNED', 11)
    many = fit_layer(np.zeros((2, 2)), np.zeros(2), views, labels)
    np.testing.assert_array_equal(many.weight, one.weight)


def test_noise_teaches_nothing():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(30, 50))
    labels = np.repeat([0, 1, 2], 10)
    found = fit_layer(np.zeros((3, 50)), np.zeros(3), features[None], labels)
    assert found.strength == max(STRENGTHS)
    assert found.temperature > 1


# -- a laboratory -------------------------------------------------------------


def test_a_laboratory_is_learned_and_attributes_stay(laboratory):
    inferencer = WBCInferencer()
    images = sorted(map(str, laboratory.glob('*/*.png')))
    before = inferencer(images)
    found = adapt(inferencer, laboratory)
    after = inferencer(images)
    assert found.cells == dict.fromkeys(WBC5_CLASSES, 8)
    true = [name.rsplit('/', 2)[1].lower()[:-1] for name in images]
    right = [
        np.mean([c['pred_class'] == t for c, t in zip(a, true, strict=True)])
        for a in (before, after)
    ]
    # as many of each type: the accuracy is balanced
    assert found.before == pytest.approx(100 * right[0])
    assert right[1] > right[0]
    assert found.after > found.before
    for one, other in zip(before, after, strict=True):
        assert one['attributes'] == other['attributes']


def test_it_goes_on_as_the_file_that_is_saved(laboratory, tmp_path):
    """Without what was fitted to its former probabilities."""
    inferencer = WBCInferencer()
    found = adapt(inferencer, laboratory)
    meta = torch.load(shipped_file(SHIPPED_WEIGHTS), weights_only=True)['meta']
    path = tmp_path / 'adapted.pth'
    save_adapted(inferencer, found, meta, laboratory, path)
    saved = WBCInferencer(shipped_file(SHIPPED_CONFIG), str(path))
    images = sorted(map(str, laboratory.glob('*/*.png')))
    for one, other in zip(inferencer(images), saved(images), strict=True):
        assert one['review'] == other['review']
        assert one['pred_score'] == pytest.approx(
            other['pred_score'], abs=1e-5
        )


def test_copies_count_once(laboratory, tmp_path):
    """Else they would be held out against themselves."""
    for name in ('MONOCYTES', 'NEUTROPHILS'):
        shutil.copytree(laboratory / name, tmp_path / name)
    first, *_ = sorted((tmp_path / 'MONOCYTES').iterdir())
    content = first.read_bytes()
    (tmp_path / 'MONOCYTES' / 'copy.png').write_bytes(content)
    found = adapt(WBCInferencer(), tmp_path)
    assert found.cells == dict(monocyte=8, neutrophil=8)
    assert any('1 files are copies of others' in r for r in found.remarks)
    for path in (tmp_path / 'MONOCYTES').iterdir():
        path.write_bytes(content)
    with pytest.raises(InputError, match='1 of monocyte'):
        adapt(WBCInferencer(), tmp_path)


def test_the_head_alone_changes(laboratory):
    inferencer = WBCInferencer()
    before = {k: v.clone() for k, v in inferencer.model.state_dict().items()}
    adapt(inferencer, laboratory)
    changed = {
        name
        for name, value in inferencer.model.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == {
        'head.fc.weight',
        'head.classifier.weight',
        'head.classifier.bias',
    }


def test_many_cells_are_looked_at_as_they_are(laboratory, monkeypatch):
    asked = []
    features = WBCInferencer.features

    def spy(self, paths, **kwargs):
        asked.append((len(paths), kwargs['views']))
        return features(self, paths, **kwargs)

    monkeypatch.setattr(WBCInferencer, 'features', spy)
    monkeypatch.setattr(adaptation, 'MOST_TURNED', 39)
    found = adapt(WBCInferencer(), laboratory)
    assert asked == [(40, None)]
    assert found.after > found.before


def test_names_of_folders_and_faults(tmp_path):
    cell = np.full((40, 40, 3), 200, np.uint8)
    for place, value in {
        'Lymph': 1,
        'NEU': 2,
        'band': 3,
        'empty': None,
    }.items():
        (tmp_path / place).mkdir()
        if value:
            cell[0, 0] = value
            cv2.imwrite(str(tmp_path / place / 'a.png'), cell)
    found, remarks = labelled_cells(tmp_path, WBC5_CLASSES)
    assert not remarks
    assert {name: len(files) for name, files in found.items()} == dict(
        lymphocyte=1, neutrophil=2
    )
    cell[0, 0] = 1
    cv2.imwrite(str(tmp_path / 'band' / 'b.png'), cell)
    with pytest.raises(InputError, match='are the same image, but are label'):
        labelled_cells(tmp_path, WBC5_CLASSES)
    (tmp_path / 'band' / 'b.png').rename(tmp_path / 'empty' / 'b.png')
    with pytest.raises(InputError, match='empty has images, but its name'):
        labelled_cells(tmp_path, WBC5_CLASSES)


def test_too_few_cells(laboratory, tmp_path):
    for name in ('MONOCYTES', 'NEUTROPHILS'):
        (tmp_path / name).mkdir()
        for path in sorted((laboratory / name).iterdir())[:4]:
            (tmp_path / name / path.name).symlink_to(path)
    with pytest.raises(InputError, match='4 of monocyte, 4 of neutrophil'):
        adapt(WBCInferencer(), tmp_path)


# -- the measurement ----------------------------------------------------------


@pytest.fixture(scope='module')
def evaluation():
    return load_tool('analysis_tools/evaluate_adaptation.py')


def test_no_group_teaches_and_is_tested(evaluation):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 900)
    groups = np.array([f'g{n}' for n in rng.integers(0, 30, 900)])
    for seed in range(5):
        taught, tested, left_out = evaluation.draw(labels, groups, 10, seed)
        assert left_out == []
        assert np.bincount(labels[taught]).tolist() == [10, 10, 10]
        assert not set(groups[taught]) & set(groups[tested])
        assert len(tested) == (~np.isin(groups, groups[taught])).sum()


def test_types_that_leave_too_few_are_left_out(evaluation):
    labels = np.repeat([0, 1, 2], [40, 40, 12])
    groups = np.array([f'{n // 2}' for n in range(92)])
    taught, tested, left_out = evaluation.draw(labels, groups, 8, 0)
    # of twelve cells half may teach, which are six
    assert left_out == [2]
    assert np.bincount(labels[taught]).tolist() == [8, 8]
    assert 2 not in labels[tested]


def test_the_tool(laboratory, tmp_path, succeeds, fails):
    model = [shipped_file(name) for name in (SHIPPED_CONFIG, SHIPPED_WEIGHTS)]
    out = tmp_path / 'adapted.pth'
    said = succeeds('adapt.py', *model, '--labelled', laboratory, '--out', out)
    assert 'learned from 40 cells: 8 of basophil, 8 of eos' in said
    adapted = torch.load(out, weights_only=True)
    card = adapted['meta']['adaptation']
    assert card['cells'] == dict.fromkeys(WBC5_CLASSES, 8)
    assert 0 < card['balanced_accuracy_before'] < 100
    assert 'review' not in adapted['meta']
    # nobody tests it on cells of home's training unawares
    shipped = torch.load(model[1], weights_only=True)['meta']
    assert adapted['meta']['train_images'] == shipped['train_images']
    # it is used like any other
    cell = str(next(laboratory.glob('*/*.png')))
    (answer,) = WBCInferencer(model[0], str(out))(cell)
    assert answer['pred_class'] in WBC5_CLASSES
    said = fails(
        'adapt.py', *model, '--labelled', tmp_path / 'no', '--out', out
    )
    assert f'{tmp_path / "no"}' in said


def test_a_dataset_of_too_few_cells_has_no_figures(
    laboratory, evaluation, monkeypatch
):
    files = sorted(map(str, laboratory.glob('*/*.png')))[:12]
    labels = np.repeat([0, 1], [8, 4])
    monkeypatch.setattr(
        evaluation,
        'cells_of',
        lambda *_: (files, labels, np.arange(12).astype(str)),
    )
    args = SimpleNamespace(per_group=25, numbers=[5], draws=2)
    rows = evaluation.evaluate(WBCInferencer(), 'Mine', 'here', args)
    assert [row['left_out'] for row in rows] == [
        ['basophil', 'eosinophil']
    ] * 2
    assert not any('after' in row for row in rows)
