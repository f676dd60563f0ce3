import threading
from pathlib import Path

import pytest
from mmengine import Config

from daffnet_mm.apis.pseudo_labelling import pseudo_labelled_datasets
from daffnet_mm.errors import InputError
from daffnet_mm.reproduction import map_experiments
from daffnet_mm.reproduction.map_experiments import (
    SCALES,
    TEACHERS,
    Run,
    Settings,
    find_finished,
    run_experiments,
    set_epochs,
    set_image_size,
    set_labelled_share,
    set_official_split,
)
from daffnet_mm.reproduction.training_steps import StepFailedError

CONFIGS = Path(__file__).resolve().parents[2] / 'configs' / 'daffnet'


def settings(out_dir, scale='tiny', **kwargs):
    configs = {s: CONFIGS / f'{n}.py' for s, n in SCALES[scale].items()}
    return Settings(configs, Path(out_dir), Path('tools'), **kwargs)


def innermost(dataset):
    while 'dataset' in dataset:
        dataset = dataset['dataset']
    return dataset


# -- the configs of the rows -------------------------------------------------


@pytest.mark.parametrize('scale', SCALES)
def test_rows_of_table_6_differ_in_their_strategy_only(scale):
    configs = {
        strategy: Config.fromfile(CONFIGS / f'{name}.py')
        for strategy, name in SCALES[scale].items()
    }
    dsl = configs['dsl']
    assert dsl.model.head.num_classes == 5
    for strategy, cfg in configs.items():
        assert cfg.model.head.num_classes == (5 if 'dsl' in strategy else None)
        assert cfg.model.backbone == dsl.model.backbone
        for key in (
            'optim_wrapper',
            'param_scheduler',
            'train_cfg',
            'val_dataloader',
            'test_dataloader',
            'default_hooks',
        ):
            assert cfg[key] == dsl[key], key
        parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
        assert bool(parts) is bool(TEACHERS[strategy])
        if parts:
            # the teacher's data, and more
            assert cfg.train_dataloader.dataset.type == 'MixedDataset'
            assert (
                cfg.train_dataloader.dataset.datasets[0]
                == dsl.train_dataloader.dataset
            )
        else:
            assert cfg.train_dataloader == dsl.train_dataloader


def test_stage_2_lists_the_papers_other_datasets():
    cfg = Config.fromfile(CONFIGS / 'map_ssl.py')
    parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
    assert [part['dataset']['type'] for part in parts] == [
        'LISC',
        'RaabinWBC',
        'BCCD',
        'LDWBC',
        'LabelledWBC',
    ]
    assert len({part['label_file'] for part in parts}) == 5
    for part in parts:
        assert part['dataset']['split'] == 'train'
        # off by default: the paper's
        assert not {'threshold', 'soft', 'weight'} & part.keys()


@pytest.mark.parametrize(
    'data', ['lisc', 'raabin', 'bccd', 'ldwbc', 'labelled']
)
def test_stage_2_labels_the_data_of_stage_3(data):
    ssl = Config.fromfile(CONFIGS / 'map_ssl.py')
    stage_3 = Config.fromfile(
        CONFIGS.parent / '_base_' / 'datasets' / f'{data}.py'
    )
    expected = stage_3.train_dataloader.dataset
    parts = pseudo_labelled_datasets(ssl.train_dataloader.dataset)
    found = next(
        p['dataset'] for p in parts if f'{data}.json' in p['label_file']
    )
    assert found == expected


# -- what the options make of them -------------------------------------------


def test_steps_within_steps_change_their_size_too():
    cfg = Config.fromfile(CONFIGS / 'daffnet-tiny_wbcatt_official.py')
    set_image_size(cfg, 48)
    choice = cfg.train_dataloader.dataset.pipeline[1]
    for branch in choice.transforms:
        assert [s.crop_size for s in branch if 'crop_size' in s] == [48]
        # 105 to 96, rounded
        assert [s.scale for s in branch if s.type == 'ResizeEdge'] == [52]


def test_screening_at_another_size(tmp_path):
    cfg = settings(tmp_path, image_size=64, epochs=4).config(
        Run('dsl', 100, 3)
    )
    pipeline = cfg.train_dataloader.dataset.pipeline
    assert [s.crop_size for s in pipeline if 'crop_size' in s] == [64]
    # the border in proportion: 105 to 96
    assert [s.scale for s in pipeline if s.type == 'ResizeEdge'] == [70]
    pipeline = cfg.test_dataloader.dataset.pipeline
    assert [s.crop_size for s in pipeline if 'crop_size' in s] == [64]
    assert cfg.train_cfg.max_epochs == 4
    assert cfg.param_scheduler[1].end == 4
    assert cfg.randomness.seed == 3


def test_painted_cells_shrink_too(tmp_path):
    cfg = settings(tmp_path, 'synthetic', image_size=48).config(
        Run('dsl-ssl', 100, 0)
    )
    for part in cfg.train_dataloader.dataset.datasets:
        assert innermost(part)['image_size'] == 48
    assert cfg.test_dataloader.dataset.image_size == 48


def test_a_schedule_shorter_than_its_warm_up():
    cfg = Config.fromfile(CONFIGS / 'map-tiny_wbcatt.py')
    set_epochs(cfg, 1)
    assert (cfg.param_scheduler[1].begin, cfg.param_scheduler[1].end) == (0, 1)
    with pytest.raises(InputError, match='must be 1 or more'):
        set_epochs(cfg, 0)


def test_a_share_of_the_labels(tmp_path):
    make = settings(tmp_path)
    plain = make.config(Run('plain', 5, 7)).train_dataloader.dataset
    # as many steps as with all labels
    assert (plain.type, plain.times) == ('RepeatDataset', 20)
    share = plain.dataset
    assert (share.type, share.fraction, share.seed) == (
        'StratifiedSubset',
        0.05,
        7,
    )
    mixed = make.config(Run('dsl-ssl', 5, 7)).train_dataloader.dataset
    assert mixed.type == 'MixedDataset'
    assert mixed.datasets[0] == share
    rest = mixed.datasets[-1]
    assert rest['type'] == 'PseudoLabelledDataset'
    assert rest['dataset'] == dict(share, rest=True)
    # what the config lists stays
    assert mixed.datasets[1]['dataset']['type'] == 'PBC'
    whole = make.config(Run('plain', 100, 7)).train_dataloader.dataset
    assert whole.type == 'WBCAtt'


@pytest.mark.parametrize('percent', [0, -5, 101])
def test_shares_that_cannot_be(tmp_path, percent):
    with pytest.raises(InputError, match='at most 100 %'):
        settings(tmp_path).config(Run('dsl', percent, 0))


@pytest.mark.parametrize('strategy', ['dsl', 'dsl-ssl'])
def test_reporting_the_official_validation_part(tmp_path, strategy):
    cfg = settings(tmp_path, official_part='val').config(Run(strategy, 100, 0))
    train = cfg.train_dataloader.dataset
    train = train.get('datasets', [train])[0]
    val, test = cfg.val_dataloader.dataset, cfg.test_dataloader.dataset
    # nine tenths train, the last selects
    for part, rest in ((train, False), (val, True)):
        assert (part['type'], part['fraction']) == ('StratifiedSubset', 0.9)
        assert part.get('rest', False) is rest
        assert part['seed'] == val['seed']
        assert part['dataset']['split'] == 'train'
    assert test['split'] == 'val'
    for part in (train['dataset'], val['dataset'], test):
        assert part['official_split'] and 'split_file' not in part
    # selection sees the centre of the image
    assert 'CenterCrop' in [s['type'] for s in val['dataset']['pipeline']]


def test_reporting_the_official_test_part():
    cfg = Config.fromfile(CONFIGS / 'map_wbcatt.py')
    set_official_split(cfg, 'test')
    for part in ('train', 'val', 'test'):
        dataset = cfg[f'{part}_dataloader'].dataset
        assert (dataset.type, dataset.split) == ('WBCAtt', part)
        assert dataset.official_split


def test_no_official_split():
    cfg = Config.fromfile(CONFIGS / 'map-tiny_synthetic.py')
    with pytest.raises(InputError, match='has no WBCAtt'):
        set_official_split(cfg, 'val')
    with pytest.raises(InputError, match="'val' or 'test'"):
        set_official_split(cfg, 'train')


def test_two_labelled_datasets_have_no_share():
    cfg = Config.fromfile(CONFIGS / 'map-tiny_ssl.py')
    mixed = cfg.train_dataloader.dataset
    mixed.datasets = [mixed.datasets[0], *mixed.datasets]
    with pytest.raises(InputError, match='of one dataset with true'):
        set_labelled_share(cfg, 0.5, 0)


def test_a_foreign_laboratory(tmp_path):
    cells = tmp_path / 'cells'
    for name in ('Basophils', 'NEU', 'Artefact'):
        (cells / name).mkdir(parents=True)
    config = CONFIGS.parent / '_base_' / 'datasets' / 'lisc.py'
    make = settings(
        tmp_path,
        image_size=64,
        foreign=[str(cells), str(config)],
        pseudo=dict(threshold=0.8, soft=True, weight=0.5),
    )
    parts = make.config(Run('dsl-ssl', 25, 0)).train_dataloader.dataset
    folder, lisc, rest = parts.datasets[2:]
    assert folder['dataset']['type'] == 'CustomDataset'
    # in the order of the folders
    assert list(folder['dataset']['classes']) == [
        'artefact',
        'basophil',
        'neutrophil',
    ]
    assert lisc['dataset']['type'] == 'LISC'
    own = innermost(parts.datasets[0])['pipeline']
    for part in (folder, lisc, rest):
        assert innermost(part)['pipeline'] == own
        assert (part['threshold'], part['soft'], part['weight']) == (
            0.8,
            True,
            0.5,
        )
    # a supervised row has nothing to do with it
    dsl = make.config(Run('dsl', 100, 0)).train_dataloader.dataset
    assert dsl.type == 'WBCAtt'
    make.foreign = [str(tmp_path / 'nowhere')]
    with pytest.raises(InputError, match='neither a dataset config nor'):
        make.config(Run('dsl-ssl', 25, 0))


def test_a_mean_teacher(tmp_path):
    make = settings(tmp_path, mean_teacher=2)
    hooks = make.config(Run('dsl-ssl', 100, 0)).custom_hooks
    assert [h['type'] for h in hooks[-2:]] == ['EMAHook', 'MeanTeacherHook']
    assert hooks[-1]['begin_epoch'] == 2
    assert not any(
        h['type'] == 'MeanTeacherHook'
        for h in make.config(Run('dsl', 100, 0)).get('custom_hooks', ())
    )


# -- running them ------------------------------------------------------------


class FakeTrainings:
    """Trainings that end at once."""

    def __init__(self):
        self.calls = []
        self.failing = set()

    def train(self, cfg, work_dir, tools):
        work_dir.mkdir(parents=True, exist_ok=True)
        self.calls.append(work_dir.name)
        if work_dir.name in self.failing:
            raise StepFailedError('train.py ended with status 1:\nboom')
        (work_dir / 'finished.json').touch()
        return work_dir / 'best.pth'

    def retrain(self, cfg, teacher, work_dir, tools, rounds):
        self.calls.append(f'{teacher.parent.name} labels')
        return self.train(cfg, work_dir, tools)


@pytest.fixture
def fake(monkeypatch):
    trainings = FakeTrainings()
    monkeypatch.setattr(map_experiments, 'train', trainings.train)
    monkeypatch.setattr(map_experiments, 'retrain', trainings.retrain)
    monkeypatch.setattr(Settings, 'config', lambda self, run: None)
    return trainings


def every_run(*strategies, seeds=(0,)):
    return [Run(s, 100, seed) for s in strategies for seed in seeds]


def test_a_teacher_comes_first_and_once(tmp_path, fake):
    runs = every_run('dsl-ssl', 'plain', 'dsl')
    told = []
    outcomes = run_experiments(
        settings(tmp_path), runs, lambda run, o: told.append((run, o))
    )
    assert set(outcomes) == set(runs)
    calls = fake.calls
    assert sorted(calls) == sorted(
        [
            'plain_100percent_seed0',
            'dsl_100percent_seed0',
            'dsl_100percent_seed0 labels',
            'dsl-ssl_100percent_seed0',
        ]
    )
    assert calls.index('dsl_100percent_seed0') < calls.index(
        'dsl_100percent_seed0 labels'
    )
    assert [o.error for o in outcomes.values()] == [None] * 3
    assert [o is None for _, o in told] == [True, False] * 3
    assert find_finished(settings(tmp_path), runs).keys() == set(runs)


def test_a_teacher_that_was_not_asked_for(tmp_path, fake):
    outcomes = run_experiments(
        settings(tmp_path), every_run('ssl'), lambda *_: None
    )
    assert [run.strategy for run in outcomes] == ['plain', 'ssl']


def test_a_failure_stops_its_students_only(tmp_path, fake):
    fake.failing.add('dsl_100percent_seed0')
    runs = every_run('plain', 'dsl', 'dsl-ssl', seeds=(0, 1))
    outcomes = run_experiments(settings(tmp_path), runs, lambda *_: None)
    errors = {(r.strategy, r.seed): o.error for r, o in outcomes.items()}
    assert errors.pop(('dsl', 0)) == 'train.py ended with status 1: boom'
    assert 'labels for it' in errors.pop(('dsl-ssl', 0))
    assert set(errors.values()) == {None} and len(errors) == 4
    assert 'dsl-ssl_100percent_seed0' not in fake.calls
    assert len(find_finished(settings(tmp_path), runs)) == 4


def test_two_at_a_time(tmp_path, fake, monkeypatch):
    both = threading.Barrier(2, timeout=20)
    train = fake.train

    def wait_and_train(cfg, work_dir, tools):
        # each waits until the other is there
        both.wait()
        return train(cfg, work_dir, tools)

    monkeypatch.setattr(map_experiments, 'train', wait_and_train)
    runs = every_run('plain', 'dsl')
    outcomes = run_experiments(
        settings(tmp_path), runs, lambda *_: None, jobs=2
    )
    assert set(outcomes) == set(runs)


def test_the_last_round_is_evaluated(tmp_path):
    make = settings(tmp_path, rounds=3)
    runs = tmp_path / 'runs'
    assert make.folder(Run('dsl-ssl', 25, 1)) == (
        runs / 'dsl-ssl_25percent_seed1' / 'round_3'
    )
    assert make.folder(Run('dsl', 25, 1)) == runs / 'dsl_25percent_seed1'
