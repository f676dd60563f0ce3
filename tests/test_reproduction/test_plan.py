from pathlib import Path

import cell_trees
import pytest
import torch
from cell_trees import ids
from mmengine import Config
from mmpretrain.registry import DATASETS as DATASET_TYPES
from mmpretrain.registry import MODELS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.splits import cut_groups, read_split_file
from daffnet_mm.reproduction import Run
from daffnet_mm.reproduction.folds import write_folds
from daffnet_mm.reproduction.methods import check_pair, list_methods
from daffnet_mm.utils.dataset_configs import (
    innermost,
    pseudo_labelled_datasets,
)

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
MAPS = ('map/plain', 'map/dsl', 'map/dsl-ssl', 'map/ssl')
#: One of each architecture.
NETWORKS = [
    m
    for m in list_methods(CONFIGS)
    if m not in MAPS
    and not any(
        part in m
        for part in ('scam/peer', 'alpha', 'tl-', 'freeze', 'unseen/')
    )
]


# -- the tiny scale ----------------------------------------------------------


def test_tiny_rows_differ_in_their_model_only(make_plan):
    plan = make_plan('daffnet_table4', [3], ['pbc5'], shares=[0.5])
    rows = [c for r, c in plan.configs.items() if r.dataset == 'pbc5']
    assert len(rows) == 5
    for cfg in rows:
        for key in (
            'optim_wrapper',
            'param_scheduler',
            'train_cfg',
            'train_dataloader',
            'val_dataloader',
            'test_dataloader',
            'default_hooks',
            'randomness',
            'data_preprocessor',
        ):
            assert cfg[key] == rows[0][key], key
        assert cfg.optim_wrapper.type == 'mmpretrain.BFloat16OptimWrapper'
        assert cfg.randomness.seed == 3
        assert cfg.model.head.num_classes == 5
        assert 'freeze' not in cfg.default_hooks
        assert cfg.train_dataloader.dataset.dataset.fraction == 0.5
        crops = [
            step.crop_size
            for step in innermost(cfg.train_dataloader.dataset)[0]['pipeline']
            if 'crop_size' in step
        ]
        assert crops == [64]


@pytest.mark.parametrize('method', NETWORKS)
def test_every_tiny_model_learns(make_plan, method):
    plan = make_plan(seeds=[0], methods=[method], image_size=32)
    cfg = plan.configs[Run('synthetic', method, 0)]
    if cfg.model.get('neck') and 'predictor' in cfg.model.neck:
        cfg.model.neck.predictor.init_cfg = None
    model = MODELS.build(cfg.model)
    size = 80 if cfg.model.backbone.type == 'InceptionV3' else 32
    features = model.extract_feat(torch.rand(2, 3, size, size))
    losses = model.head.loss(features, [_sample(label) for label in range(2)])
    # Of whatever parts there are.
    loss, _ = model.parse_losses(losses)
    loss.backward()
    assert sum(p.numel() for p in model.parameters()) < 25e6


def _sample(label):
    from mmpretrain.structures import DataSample

    return DataSample().set_gt_label(label)


# -- what is trained, and on what --------------------------------------------


def test_one_map_a_seed_comes_first(make_plan):
    plan = make_plan('daffnet_table4', [0, 1], ['pbc5'])
    runs = list(plan.configs)
    assert len(runs) == 12
    for seed in (0, 1):
        needed = Run('wbcatt', 'map/dsl', seed)
        for method in ('epsa-sa-map', 'daffnet'):
            run = Run('pbc5', method, seed)
            assert plan.needs[run] == needed
            assert runs.index(needed) < runs.index(run)
            path = plan.configs[run].model.neck.predictor.init_cfg.checkpoint
            assert Path(path) == plan.folder(needed) / 'best.pth'


def test_semi_supervised_map_follows_its_teacher(make_plan):
    plan = make_plan('daffnet_table6', [0])
    student = Run('synthetic', 'map/dsl-ssl', 0)
    assert plan.needs == {student: Run('synthetic', 'map/dsl', 0)}
    labels = plan.configs[student].train_dataloader.dataset.datasets[1]
    assert Path(labels.label_file).parent == (
        plan.folder(student) / 'pseudo_labels'
    )


def test_shares_and_rounds_are_runs_of_their_own(make_plan):
    plan = make_plan('daffnet_table6', [0], shares=[1, 0.25], rounds=2)
    last = Run('synthetic', 'map/dsl-ssl', 0, share=0.25, round=2)
    assert last.name == 'synthetic/map.dsl-ssl/seed0_share0.25_round2'
    first = Run('synthetic', 'map/dsl-ssl', 0, share=0.25)
    teacher = Run('synthetic', 'map/dsl', 0, share=0.25)
    assert [plan.needs[last], plan.needs[first]] == [first, teacher]
    assert plan.teacher(last) == plan.folder(first) / 'best.pth'
    assert plan.teacher(teacher) is None
    # the last round is what the table is about
    assert plan.runs_of('synthetic', 'map/dsl-ssl', 0.25) == {
        last: plan.folder(last)
    }
    # smaller shares first
    assert [run.share for run in plan.configs][:2] == [0.25, 1]
    assert len(plan.configs) == 8
    counts = [plan.count_labelled('synthetic', s) for s in (0.25, 1)]
    assert counts[0] == pytest.approx(counts[1] / 4, abs=5)


def test_the_map_inside_knows_no_more_labels(make_plan):
    plan = make_plan(methods=['daffnet'], seeds=[0], shares=[0.5])
    assert plan.needs == {
        Run('synthetic', 'daffnet', 0, share=0.5): Run(
            'synthetic', 'map/dsl', 0, share=0.5
        )
    }


def test_only_semi_supervised_maps_label(make_plan, tmp_path):
    (tmp_path / 'cells' / 'basophil').mkdir(parents=True)
    plan = make_plan(
        'daffnet_table6',
        [0],
        ['wbcatt'],
        official_split='val',
        foreign=[tmp_path / 'cells'],
        pseudo=dict(soft=True),
        mean_teacher=1,
    )
    for run, cfg in plan.configs.items():
        parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
        labels = run.method == 'map/dsl-ssl'
        assert [part.soft for part in parts] == [True, True] * labels
        hooks = [hook['type'] for hook in cfg.get('custom_hooks', ())]
        assert ('MeanTeacherHook' in hooks) is labels
        assert cfg.test_dataloader.dataset.official_split


def test_a_config_of_ones_own(make_plan, request):
    own = CONFIGS / 'daffnet' / 'map-tiny_synthetic.py'
    plan = make_plan(
        methods=['map/dsl'],
        seeds=[3],
        own_configs={'map/dsl': str(own)},
        image_size=32,
        cfg_options={'model.head.loss.loss_weight': 2},
    )
    (cfg,) = plan.configs.values()
    assert cfg.train_cfg == Config.fromfile(own).train_cfg
    assert cfg.test_dataloader.dataset.image_size == 32
    assert (cfg.randomness.seed, cfg.model.head.loss.loss_weight) == (3, 2)


def test_a_config_for_what_is_not_trained(make_plan):
    own = str(CONFIGS / 'daffnet' / 'map-tiny_synthetic.py')
    with pytest.raises(InputError, match='for dafnet, which is not trained'):
        make_plan(methods=['map/dsl'], seeds=[0], own_configs={'dafnet': own})


def test_tables_share_their_runs(make_plan):
    # The network itself is a row of each, and of Table 4's six all others
    # are new.
    plan = make_plan('chen_table4 chen_table5 chen_table6', [0], ['pbc5'])
    assert len(plan.configs) == 6 + 8 - 1


def test_what_is_equal_at_tiny_scale_is_trained_once(make_plan):
    # no ImageNet weights
    plan = make_plan('chen_table8', [0, 1], ['pbc5'])
    assert len(plan.configs) == 2
    runs = plan.runs_of('pbc5', 'scam')
    assert runs == plan.runs_of('pbc5', 'scam/tl-none')
    assert plan.folder(Run('pbc5', 'scam', 0)) == next(iter(runs.values()))


def test_folds(make_plan, pbc_root, wbcatt_dir, environment, tmp_path):
    environment(
        PBC_ROOT=pbc_root,
        WBCATT_ROOT=wbcatt_dir,
        PBC_SPLIT_FILE=tmp_path / 'pbc.csv',
    )
    plan = make_plan(
        datasets=['pbc5'], methods=['epsa-sa-map'], seeds=[0], k_fold=3
    )
    plan.prepare()
    tested = []
    for fold in range(3):
        run = Run('pbc5', 'epsa-sa-map', 0, fold)
        assert plan.needs[run] == Run('wbcatt', 'map/dsl', 0, fold)
        cfgs = plan.configs[run], plan.configs[plan.needs[run]]
        files = {
            innermost(cfg[f'{part}_dataloader'].dataset)[0]['split_file']
            for cfg in cfgs
            for part in ('train', 'val', 'test')
        }
        assert len(files) == 1
        parts = read_split_file(files.pop())
        tested += [name for name, part in parts.items() if part == 'test']
        test = DATASET_TYPES.build(cfgs[0].test_dataloader.dataset)
        assert 15 <= len(test) <= 20
    # all eight classes, each image once
    assert len(tested) == len(set(tested)) == 80


def test_a_map_is_trained_within_the_fold(make_plan, environment, tmp_path):
    """What stage 2 labels of a row's dataset is the fold's training part."""
    root = cell_trees.lisc(tmp_path)
    environment(LISC_ROOT=root, LISC_SPLIT_FILE=tmp_path / 'lisc.csv')
    plan = make_plan(
        datasets=['lisc'],
        methods=['daffnet'],
        seeds=[0],
        k_fold=3,
        scale='full',
    )
    runs = [Run('lisc', 'daffnet', 0, fold) for fold in range(3)]
    teachers = set()
    for run in runs:
        needed = plan.needs[run]
        assert needed.name == (
            f'wbcatt/map.dsl-ssl/seed0_fold{run.fold}_of_lisc'
        )
        teachers.add(plan.needs[needed])
        of_lisc, others = set(), {}
        for cfg in (plan.configs[run], plan.configs[needed]):
            for part in ('train', 'val', 'test'):
                for d in innermost(cfg[f'{part}_dataloader'].dataset):
                    if d['type'] == 'LISC':
                        of_lisc.add(d['split_file'])
                    else:
                        others[d['type']] = Path(d['split_file']).name
        (file,) = of_lisc
        assert Path(file).name == f'lisc_3folds_fold{run.fold}.csv'
        # the MAP is tested on the same cells in each fold
        assert others == dict(
            WBCAtt='pbc.csv',
            RaabinWBC='raabin.csv',
            BCCD='bccd.csv',
            LDWBC='ldwbc.csv',
            LabelledWBC='labelled.csv',
        )
    # who labels has seen nothing of LISC: one for all folds
    assert len(teachers) == 1 and len(plan.configs) == 7

    write_folds(
        plan.configs[runs[0]].test_dataloader.dataset,
        plan.settings.splits,
        'lisc',
        3,
    )
    for run in runs:
        trained = plan.configs[plan.needs[run]].train_dataloader.dataset
        (seen,) = (d for d in innermost(trained) if d['type'] == 'LISC')
        tested = plan.configs[run].test_dataloader.dataset
        assert not ids(DATASET_TYPES.build(dict(seen, pipeline=()))) & ids(
            DATASET_TYPES.build(dict(tested, pipeline=()))
        )

    # the small MAP of stage 1 needs no folds
    plan = make_plan(datasets=['lisc'], methods=['daffnet'], k_fold=3)
    assert len(plan.configs) == 2 * (3 + 1)


def test_only_folds_that_are_tested_on_are_written(
    make_plan, pbc_root, wbcatt_dir, environment, tmp_path
):
    environment(
        PBC_ROOT=pbc_root,
        WBCATT_ROOT=wbcatt_dir,
        PBC_SPLIT_FILE=tmp_path / 'pbc.csv',
        LISC_ROOT=cell_trees.lisc(tmp_path),
    )
    plan = make_plan(datasets=['lisc'], methods=['daffnet'], k_fold=3)
    plan.prepare()
    assert sorted(path.name for path in plan.settings.splits.iterdir()) == [
        f'lisc_3folds_fold{fold}.csv' for fold in range(3)
    ]


def test_folds_keep_groups_together(
    make_plan, pbc_root, environment, tmp_path
):
    environment(PBC_ROOT=pbc_root)
    # pairs of each class: 0 and 1, 2 and 3
    group_file = tmp_path / 'groups.csv'
    groups = {
        path.name: f'{path.parent.name}{number // 2}'
        for path in pbc_root.glob('*/[!.]*')
        for number in [int(path.stem[-1])]
    }
    rows = [f'{name},{group}' for name, group in groups.items()]
    group_file.write_text('\n'.join(['image,group', *rows]))
    options = {
        f'{part}_dataloader.dataset.group_file': str(group_file)
        for part in ('train', 'val', 'test')
    }
    plan = make_plan(
        datasets=['pbc'],
        methods=['resnet50'],
        k_fold=3,
        cfg_options=options,
    )
    plan.prepare()
    for path in plan.settings.splits.iterdir():
        assert not cut_groups(read_split_file(path), groups)


# -- bad input ---------------------------------------------------------------


@pytest.mark.parametrize(
    ('method', 'dataset', 'scale', 'words'),
    [
        ('resnet', 'pbc', 'full', "no method 'resnet'"),
        ('resnet50', 'mnist', 'full', "no dataset 'mnist'"),
        ('resnet50', 'synthetic', 'full', '--scale tiny'),
        ('resnet50', 'wbcatt', 'tiny', 'name pbc or pbc5'),
        ('map/dsl', 'lisc', 'tiny', 'wbcatt or synthetic'),
    ],
)
def test_pairs_that_there_are_not(method, dataset, scale, words):
    with pytest.raises(InputError, match=words):
        check_pair(CONFIGS, method, dataset, scale)


def test_missing_data_are_told_before_the_first_run(
    make_plan, environment, tmp_path
):
    environment(PBC_ROOT=tmp_path / 'nowhere')
    plan = make_plan(datasets=['pbc5'], methods=['resnet50'], seeds=[0])
    with pytest.raises(InputError, match='nowhere'):
        plan.prepare()
    assert not (tmp_path / 'out' / 'runs').exists()


def test_a_folder_of_other_settings_is_refused(make_plan):
    make_plan(methods=['resnet50'], seeds=[0]).prepare()
    make_plan(methods=['resnet50', 'epsa'], seeds=[0]).prepare()
    with pytest.raises(InputError, match='other settings'):
        make_plan(methods=['scam', 'resnet50'], seeds=[0], epochs=9).prepare()


@pytest.mark.parametrize(
    ('options', 'words'),
    [
        (dict(scale='huge'), "no scale 'huge'"),
        (
            dict(map_method='nowhere.pth', methods=['daffnet']),
            'no MAP nowhere',
        ),
        (dict(shares=[1.5], methods=['epsa']), 'above 0 and at most 1'),
        (dict(epochs=0, methods=['epsa']), 'must be 1 or more'),
        (dict(rounds=0), 'rounds is 0, but must be 1 or more'),
        (
            dict(cfg_options={'param_scheduler.9.end': 1}, methods=['epsa']),
            '--cfg-options do not fit',
        ),
        (dict(official_split='val', methods=['epsa']), 'has no WBCAtt'),
        (dict(official_split='val', k_fold=5), 'not drawn over an official'),
        (dict(foreign=['x.py'], methods=['map/ssl']), 'x.py is neither'),
        (dict(k_fold=5, methods=['epsa']), 'leave out --k-fold'),
    ],
)
def test_settings_that_there_are_not(make_plan, options, words):
    with pytest.raises(InputError, match=words):
        make_plan(seeds=[0], **options)
