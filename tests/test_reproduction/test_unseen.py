"""One laboratory is left out, and tested on."""

import json
from pathlib import Path

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import write_csv
from daffnet_mm.reproduction import (
    Plan,
    Settings,
    own_table,
    unseen_table,
    write_unseen,
)
from daffnet_mm.reproduction.methods import LEFT_OUT
from daffnet_mm.reproduction.training_steps import Outcome, write_outcome
from daffnet_mm.utils.dataset_configs import innermost

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
TYPES = dict(pbc='WBCAtt', raabin='RaabinWBC', bccd='BCCD', jtsc='JTSC')


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """Every candidate without every laboratory."""
    folder = tmp_path_factory.mktemp('whole')
    settings = Settings(CONFIGS, folder, folder / 'out', epochs=4)
    return Plan(settings, [unseen_table(CONFIGS)], seeds=[0])


@pytest.fixture
def plan(tmp_path):
    """A small part, in a folder of its own."""
    settings = Settings(CONFIGS, tmp_path, tmp_path / 'out', epochs=4)
    methods = ['unseen/baseline', 'unseen/variation']
    return Plan(settings, [own_table(['without-jtsc'], methods)], seeds=[0])


def test_each_candidate_is_trained_without_each_laboratory(whole):
    methods = {run.method for run in whole.configs}
    assert 'unseen/baseline' in methods and len(methods) > 8
    assert whole.tables[0].sections[0].methods[0] == 'unseen/baseline'
    assert len(whole.configs) == 4 * len(methods)
    for run, cfg in whole.configs.items():
        left_out = TYPES[run.dataset.removeprefix('without-')]
        trained = {d.type for d in innermost(cfg.train_dataloader.dataset)}
        assert trained - {'SyntheticWBC'} == {*TYPES.values()} - {left_out}
        assert [d.type for d in innermost(cfg.test_dataloader.dataset)] == [
            left_out
        ]
        (known,) = innermost(cfg.val_dataloader.dataset)
        assert known.type in trained
        # only the last epoch is validated, so that nothing is chosen
        assert cfg.train_cfg.max_epochs == 4 <= cfg.train_cfg.val_interval
        assert cfg.train_dataloader.batch_size == 32


def parts(cfg):
    """What a candidate may change."""
    data = cfg['train_dataloader']
    return dict(
        data=data['dataset'],
        sampler=data['sampler'],
        model=cfg['model'],
        hooks=cfg['custom_hooks'],
    )


def test_a_candidate_changes_one_thing(whole):
    configs = {
        (run.method.removeprefix('unseen/'), run.dataset): cfg.to_dict()
        for run, cfg in whole.configs.items()
    }
    # two looks are drawn, and compared by the head, of what varies
    several = {
        'consistency': ('variation', ['sampler', 'model']),
        'variation-balanced': ('variation', ['sampler']),
        'variation-fourier': ('variation', ['model']),
    }
    for (name, dataset), cfg in configs.items():
        before, expected = several.get(name, ('baseline', None))
        base, own = parts(configs[before, dataset]), parts(cfg)
        changed = [k for k in base if base[k] != own[k]]
        if expected:
            assert changed == expected
        else:
            assert len(changed) == (name != 'baseline'), (name, changed)


def finish(plan, run, rows):
    """Leave what a training does: the predictions of cells."""
    folder = plan.folder(run)
    names = ['basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil']
    table = []
    for true, predicted, count in rows:
        scores = {f'p({n})': 0.6 if n == predicted else 0.1 for n in names}
        row = dict(image='x', true=true, predicted=predicted, **scores)
        table += [row] * count
    write_csv(folder / 'evaluation' / 'wbc_predictions.csv', table)
    write_outcome(folder, Outcome('finished', 3.5))


def test_balanced_accuracy_of_what_has_finished(plan):
    runs = {run.method: run for run in plan.configs}
    finish(
        plan,
        runs['unseen/baseline'],
        # half, a quarter; of three basophils all, which do not count
        [
            ('eosinophil', 'eosinophil', 10),
            ('eosinophil', 'neutrophil', 10),
            ('neutrophil', 'neutrophil', 10),
            ('neutrophil', 'monocyte', 30),
            ('basophil', 'basophil', 3),
        ],
    )
    finish(
        plan,
        runs['unseen/variation'],
        [
            ('eosinophil', 'eosinophil', 20),
            ('neutrophil', 'neutrophil', 20),
            ('neutrophil', 'monocyte', 20),
            ('basophil', 'monocyte', 3),
        ],
    )
    page, path = write_unseen(plan)
    first, second = json.loads(path.read_text())
    assert (first['candidate'], first['left_out']) == ('baseline', 'JTSC')
    assert first['types'] == ['eosinophil', 'neutrophil']
    assert first['balanced_accuracy'] == pytest.approx((50 + 25) / 2)
    assert first['low'] < 37.5 < first['high']
    assert first['right'] == dict(basophil=3, eosinophil=10, neutrophil=10)
    assert first['cells'] == dict(basophil=3, eosinophil=20, neutrophil=40)
    assert first['minutes'] == 3.5
    assert second['balanced_accuracy'] == pytest.approx(75)
    text = page.read_text()
    lines = [line for line in text.splitlines() if '| variation' in line]
    assert '| 75.0 | +37.5 |' in ' '.join(lines[0].split())
    assert '0 of 3' in lines[1]


def test_where_no_type_has_five_cells_all_count(plan):
    run = next(iter(plan.configs))
    finish(
        plan, run, [('monocyte', 'monocyte', 4), ('basophil', 'monocyte', 1)]
    )
    _, path = write_unseen(plan)
    (found,) = json.loads(path.read_text())
    assert found['types'] == ['basophil', 'monocyte']
    assert found['balanced_accuracy'] == pytest.approx(50)


def test_nothing_has_finished(plan):
    page, path = write_unseen(plan)
    assert json.loads(path.read_text()) == []
    assert 'candidate' in page.read_text()


@pytest.mark.parametrize(
    ('method', 'dataset'),
    [('unseen/baseline', 'pbc5'), ('resnet50', 'without-jtsc')],
)
def test_what_does_not_go_together(tmp_path, method, dataset):
    with pytest.raises(InputError, match='do not go together'):
        Plan(
            Settings(CONFIGS, tmp_path, tmp_path / 'out'),
            [own_table([dataset], [method])],
            seeds=[0],
        )


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(k_fold=5), 'is tested whole; leave out --k-fold'),
        (dict(official_split='val'), 'is tested whole; leave out'),
        (dict(scale='tiny'), 'tiny_without-pbc.py, which does not exist'),
    ],
)
def test_what_the_experiment_has_not(tmp_path, options, message):
    settings = Settings(CONFIGS, tmp_path, tmp_path / 'out', **options)
    with pytest.raises(InputError, match=message):
        Plan(settings, [unseen_table(CONFIGS)], seeds=[0])


def test_several_shares_of_the_labels(tmp_path):
    """They would be taken for seeds."""
    settings = Settings(CONFIGS, tmp_path, tmp_path / 'out')
    tables = [own_table(['without-jtsc'], ['unseen/baseline'])]
    with pytest.raises(InputError, match='no place for several shares'):
        Plan(settings, tables, seeds=[0], shares=[0.5, 1])
    assert Plan(settings, tables, seeds=[0], shares=[0.5]).configs


def test_smaller_images_for_all_laboratories(tmp_path):
    settings = Settings(CONFIGS, tmp_path, tmp_path / 'out', image_size=112)
    table = own_table(['without-bccd'], ['unseen/variation-scale'])
    (cfg,) = Plan(settings, [table], seeds=[0]).configs.values()
    steps = {s['type']: s for s in cfg.train_dataloader.dataset.pipeline}
    assert steps['RandomCrop']['crop_size'] == 112
    assert steps['ResizeEdge']['scale'] == 122  # of 140 for 128
    for part in ('val', 'test'):
        pipeline = cfg[f'{part}_dataloader'].dataset.pipeline
        sizes = [s.get('scale', s.get('crop_size')) for s in pipeline]
        assert sizes[2:4] == [112, 112]


def test_laboratories_have_names():
    assert [*LEFT_OUT] == [f'without-{name}' for name in TYPES]
