from pathlib import Path

import pytest
from mmengine import Config

from daffnet_lite.errors import InputError
from daffnet_mm.reproduction.config_edits import (
    add_foreign_data,
    set_epochs,
    set_fold,
    set_image_size,
    set_label_folder,
    set_labelled_share,
    set_official_split,
    set_semi_supervision,
)
from daffnet_mm.utils.dataset_configs import (
    innermost,
    pseudo_labelled_datasets,
)

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
STAGE_1 = 'map-tiny_wbcatt'
STAGE_2 = 'map-tiny_ssl'


def load(name):
    return Config.fromfile(CONFIGS / 'daffnet' / f'{name}.py')


def parts_of(cfg):
    return [cfg[f'{p}_dataloader'].dataset for p in ('train', 'val', 'test')]


def test_crops_and_their_borders_shrink_in_proportion():
    cfg = load(STAGE_1)
    set_image_size(cfg, 64)
    for part in parts_of(cfg):
        steps = part.pipeline
        assert [s.crop_size for s in steps if 'crop_size' in s] == [64]
    # 105 to 96
    steps = cfg.train_dataloader.dataset.pipeline
    assert [s.scale for s in steps if s.type == 'ResizeEdge'] == [70]


def test_steps_within_steps_change_their_size_too():
    cfg = load('map-tiny_wbcatt_official')
    set_image_size(cfg, 48)
    choice = cfg.train_dataloader.dataset.pipeline[1]
    for branch in choice.transforms:
        assert [s.crop_size for s in branch if 'crop_size' in s] == [48]
        # 105 to 96, rounded
        assert [s.scale for s in branch if s.type == 'ResizeEdge'] == [52]


def test_larger_crops_are_of_images_decoded_larger():
    cfg = load('map_wbcatt_plus')
    load_step = cfg.train_dataloader.dataset.pipeline[0]
    assert load_step.min_edge == 356
    set_image_size(cfg, 112)
    assert load_step.min_edge == 356
    set_image_size(cfg, 336)
    assert load_step.min_edge == 1068
    assert cfg.test_dataloader.dataset.pipeline[0].min_edge == 1068


def test_painted_cells_shrink_too():
    cfg = load('map-tiny_synthetic-ssl')
    set_image_size(cfg, 48)
    for part in parts_of(cfg):
        for dataset in innermost(part):
            assert dataset['image_size'] == 48


def test_a_shorter_schedule():
    cfg = load(STAGE_1)
    set_epochs(cfg, 4)
    assert cfg.train_cfg.max_epochs == cfg.param_scheduler[1].end == 4
    # shorter than the warm-up
    set_epochs(cfg, 1)
    assert (cfg.param_scheduler[1].begin, cfg.param_scheduler[1].end) == (0, 1)
    with pytest.raises(InputError, match='must be 1 or more'):
        set_epochs(cfg, 0)


@pytest.mark.parametrize(
    ('name', 'of_100', 'of_20'),
    [
        ('daffnet_pbc', 5, 1),
        ('variants/freeze-half_pbc', 50, 10),
        ('variants/freeze-always_pbc', 100, 20),
    ],
)
def test_what_is_frozen_is_so_for_the_same_part(name, of_100, of_20):
    cfg = load(name)
    freeze = cfg.default_hooks['freeze']
    assert freeze.epochs == of_100
    set_epochs(cfg, 20)
    assert freeze.epochs == of_20
    # What thaws trains for an epoch, though it be the only one.
    set_epochs(cfg, 2)
    assert freeze.epochs == (2 if of_100 == 100 else 1)
    set_epochs(cfg, 1)
    assert freeze.epochs == (1 if of_100 == 100 else 0)


def test_what_a_hook_freezes_by_default_is_shortened_too():
    cfg = load(STAGE_1)
    cfg.custom_hooks = [dict(type='FreezePretrainedHook', layers=['x'])]
    set_epochs(cfg, 6)  # of 18
    assert cfg.custom_hooks[0].epochs == 2
    # For good it is however long.
    cfg.custom_hooks[0].epochs = 50
    set_epochs(cfg, 100)
    assert cfg.custom_hooks[0].epochs == 100


def test_batch_statistics_stand_still_for_the_same_part():
    cfg = load('cross/frozen-bn-tiny_pbc5')
    *_, hook = cfg.custom_hooks
    assert (hook.begin, cfg.train_cfg.max_epochs) == (12, 18)
    set_epochs(cfg, 6)
    assert hook.begin == 4
    cfg = load('unseen/frozen-bn_without-pbc')
    set_epochs(cfg, 4)
    assert cfg.custom_hooks[-1].begin == 0


def test_what_is_validated_at_the_end_alone_stays_so():
    cfg = load('unseen/baseline_without-pbc')
    assert cfg.train_cfg.val_interval == cfg.train_cfg.max_epochs == 16
    set_epochs(cfg, 32)
    assert cfg.train_cfg.val_interval == 32
    cfg = load(STAGE_1)
    set_epochs(cfg, 1)
    set_epochs(cfg, 4)
    assert cfg.train_cfg.val_interval == 1


@pytest.mark.parametrize('name', [STAGE_1, STAGE_2])
def test_reporting_the_official_validation_part(name):
    cfg = load(name)
    set_official_split(cfg, 'val')
    train, val, test = parts_of(cfg)
    train = train.get('datasets', [train])[0]
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
    cfg = load('map_wbcatt')
    set_official_split(cfg, 'test')
    for name, part in zip(
        ('train', 'val', 'test'), parts_of(cfg), strict=True
    ):
        assert (part.type, part.split) == ('WBCAtt', name)
        assert part.official_split


def test_no_official_split():
    cfg = load('map-tiny_synthetic')
    with pytest.raises(InputError, match='has no WBCAtt'):
        set_official_split(cfg, 'val')
    with pytest.raises(InputError, match="'val' or 'test'"):
        set_official_split(cfg, 'train')


def test_a_share_of_the_labels():
    cfg = load(STAGE_1)
    set_labelled_share(cfg, 0.05, 7)
    plain = cfg.train_dataloader.dataset
    # as many steps as with all labels
    assert (plain.type, plain.times) == ('RepeatDataset', 20)
    share = plain.dataset
    assert (share.type, share.fraction, share.seed) == (
        'StratifiedSubset',
        0.05,
        7,
    )
    cfg = load(STAGE_2)
    set_labelled_share(cfg, 0.05, 7)
    mixed = cfg.train_dataloader.dataset
    assert mixed.datasets[0] == share
    rest = mixed.datasets[-1]
    assert rest['type'] == 'PseudoLabelledDataset'
    assert rest['dataset'] == dict(share, rest=True)
    # what the config lists stays
    assert mixed.datasets[1]['dataset']['type'] == 'PBC'
    before = load(STAGE_1)
    cfg = load(STAGE_1)
    set_labelled_share(cfg, 1, 7)
    assert cfg.train_dataloader == before.train_dataloader


@pytest.mark.parametrize('share', [0, -0.05, 5])
def test_shares_that_cannot_be(share):
    with pytest.raises(InputError, match=f'at most 1, but is {share}'):
        set_labelled_share(load(STAGE_1), share, 0)


def test_two_labelled_datasets_have_no_share():
    cfg = load(STAGE_2)
    mixed = cfg.train_dataloader.dataset
    mixed.datasets = [mixed.datasets[0], *mixed.datasets]
    with pytest.raises(InputError, match='of one dataset with true'):
        set_labelled_share(cfg, 0.5, 0)


def test_foreign_laboratories_and_the_options_of_their_labels(tmp_path):
    cells = tmp_path / 'cells'
    for name in ('Basophils', 'NEU', 'Artefact'):
        (cells / name).mkdir(parents=True)
    cfg = load(STAGE_2)
    own = innermost(cfg.train_dataloader.dataset)[0]['pipeline']
    add_foreign_data(cfg, str(cells))
    add_foreign_data(cfg, str(CONFIGS / '_base_' / 'datasets' / 'lisc.py'))
    set_semi_supervision(cfg, dict(threshold=0.8, soft=True, weight=0.5))
    _, _, folder, lisc = cfg.train_dataloader.dataset.datasets
    assert folder['dataset']['type'] == 'CustomDataset'
    # in the order of the folders
    assert list(folder['dataset']['classes']) == [
        'artefact',
        'basophil',
        'neutrophil',
    ]
    assert lisc['dataset']['type'] == 'LISC'
    for part in (folder, lisc):
        assert part['dataset']['pipeline'] == own
        assert (part['threshold'], part['soft'], part['weight']) == (
            0.8,
            True,
            0.5,
        )
    with pytest.raises(InputError, match='neither a dataset config nor'):
        add_foreign_data(cfg, str(tmp_path / 'nowhere'))
    with pytest.raises(InputError, match='holds no folder'):
        add_foreign_data(cfg, str(cells / 'NEU'))


def test_a_mean_teacher():
    cfg = load(STAGE_2)
    set_semi_supervision(cfg, {}, mean_teacher=2)
    hooks = cfg.custom_hooks
    assert [h['type'] for h in hooks[-2:]] == ['EMAHook', 'MeanTeacherHook']
    assert hooks[-1]['begin_epoch'] == 2


def test_each_dataset_has_a_label_file_of_its_own(tmp_path):
    cfg = load(STAGE_2)
    mixed = cfg.train_dataloader.dataset
    mixed.datasets = [*mixed.datasets, dict(mixed.datasets[-1])]
    # once more, for the next round
    for folder in (tmp_path / 'a', tmp_path / 'b'):
        set_label_folder(cfg, folder)
        files = [
            Path(part['label_file'])
            for part in pseudo_labelled_datasets(mixed)
        ]
        assert [f.parent for f in files] == [folder] * 2
        assert len(set(files)) == 2
    with pytest.raises(InputError, match='nothing to label'):
        set_label_folder(load(STAGE_1), tmp_path)


def test_folds_are_of_one_release(tmp_path):
    cfg = load('map_ssl')
    before = {
        d['type']: d['split_file']
        for d in innermost(cfg.train_dataloader.dataset)
    }
    set_fold(cfg, tmp_path / 'fold.csv', cfg.test_dataloader.dataset)
    for part in parts_of(cfg):
        for dataset in innermost(part):
            if dataset['type'] == 'WBCAtt':
                assert dataset['split_file'] == str(tmp_path / 'fold.csv')
            else:
                assert dataset['split_file'] == before[dataset['type']]
    # PBC's immature granulocytes are split with WBCAtt's cells
    cfg = load(STAGE_2)
    set_fold(cfg, tmp_path / 'fold.csv', cfg.test_dataloader.dataset)
    assert {
        d['split_file'] for d in innermost(cfg.train_dataloader.dataset)
    } == {str(tmp_path / 'fold.csv')}
    # one that the config draws, or takes as it is shipped, too
    cfg = load('map_wbcatt_official')
    set_fold(cfg, tmp_path / 'fold.csv', cfg.test_dataloader.dataset)
    for part in parts_of(cfg):
        assert part['split_file'] == str(tmp_path / 'fold.csv')
        assert 'official_split' not in part
    cfg = load('map-tiny_synthetic')
    with pytest.raises(InputError, match='leave out --k-fold'):
        set_fold(cfg, tmp_path / 'fold.csv', cfg.test_dataloader.dataset)
