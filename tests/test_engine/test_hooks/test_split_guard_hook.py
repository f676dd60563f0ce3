import pytest
import torch
from mmpretrain.registry import MODELS
from tiny_run import PREDICTOR, StopHook, daffnet_model, tiny_config, train

from daffnet_mm.errors import InputError
from daffnet_mm.structures import WBC5_CLASSES

ONE_EPOCH = {'train_cfg.max_epochs': 1}


def passes(cfg):
    with pytest.raises(StopIteration):
        train(cfg, StopHook())


def test_disjoint_parts_pass_and_are_listed(tmp_path):
    train(tiny_config(tmp_path, **ONE_EPOCH))
    for name in ('epoch_1.pth', 'best.pth'):
        meta = torch.load(tmp_path / name, weights_only=True)['meta']
        assert meta['train_images'] == [
            f'synthetic/a/0/train/{i:06d}.png' for i in range(48)
        ]


@pytest.mark.parametrize(
    ('part', 'other'),
    [('val', 'train'), ('test', 'train'), ('test', 'val')],
)
def test_overlapping_parts_are_refused(tmp_path, part, other):
    cfg = tiny_config(tmp_path, **{f'{part}_dataloader.dataset.split': other})
    with pytest.raises(InputError) as caught:
        train(cfg, StopHook())
    message = str(caught.value)
    assert f'{other}_dataloader and {part}_dataloader share 16 im' in message
    assert f'such as synthetic/a/0/{other}/000000.png' in message


def test_wrappers_hide_nothing(tmp_path):
    cfg = tiny_config(tmp_path)
    own = cfg.train_dataloader.dataset
    stranger = dict(own, split='val', num_samples=1)
    cfg.train_dataloader.dataset = dict(
        type='RepeatDataset',
        times=2,
        dataset=dict(type='ConcatDataset', datasets=[own, stranger]),
    )
    with pytest.raises(InputError, match='share 1 images, such as .*/val/'):
        train(cfg, StopHook())
    stranger['laboratory'] = 'b'
    cfg.train_dataloader.dataset.dataset.datasets[1] = stranger
    passes(cfg)


def test_folds_of_a_cross_validation_pass(tmp_path):
    cfg = tiny_config(tmp_path)
    own = dict(cfg.train_dataloader.dataset, lazy_init=False)
    for part, fold, test_mode in (('train', 0, False), ('val', 0, True)):
        cfg[f'{part}_dataloader'].dataset = dict(
            type='KFoldDataset',
            dataset=own,
            fold=fold,
            num_splits=4,
            test_mode=test_mode,
        )
    passes(cfg)


def test_pbc_and_wbcatt_are_the_same_images(pbc_root, wbcatt_dir, tmp_path):
    pipeline = [
        dict(type='LoadCellImage'),
        dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
    ]
    cfg = tiny_config(tmp_path / 'run')
    cells = dict(
        type='PBC',
        classes=WBC5_CLASSES,
        data_root=str(pbc_root),
        split='train',
        pipeline=pipeline,
    )
    annotated = dict(
        cells, type='WBCAtt', ann_dir=str(wbcatt_dir), split='val'
    )
    cfg.train_dataloader.dataset = cells
    cfg.val_dataloader.dataset = annotated
    passes(cfg)
    # the published split is another one
    cfg.val_dataloader.dataset = dict(annotated, official_split=True)
    with pytest.raises(InputError, match='such as PBC/.*same split_file'):
        train(cfg, StopHook())


@pytest.fixture
def map_checkpoint(tmp_path):
    """A MAP that says it was trained on some images."""
    path = tmp_path / 'map.pth'

    def write(**meta):
        torch.save(
            dict(meta=meta, state_dict=MODELS.build(PREDICTOR).state_dict()),
            path,
        )
        return path

    return write


def stage_3(work_dir, path):
    model = daffnet_model(dict(type='Pretrained', checkpoint=str(path)))
    return tiny_config(work_dir, model=model)


@pytest.mark.parametrize('part', ['val', 'test'])
def test_the_map_must_not_know_what_stage_3_is_judged_by(
    tmp_path, map_checkpoint, part
):
    image = f'synthetic/a/0/{part}/000003.png'
    path = map_checkpoint(
        train_images=['synthetic/a/0/train/000000.png', image]
    )
    with pytest.raises(InputError) as caught:
        train(stage_3(tmp_path / 'run', path), StopHook())
    message = str(caught.value)
    assert f'the MAP {path} and {part}_dataloader share 1 images' in message
    assert image in message and 'train the MAP again' in message


def test_a_map_of_the_training_part_passes(tmp_path, map_checkpoint):
    path = map_checkpoint(train_images=['synthetic/a/0/train/000000.png'])
    passes(stage_3(tmp_path / 'run', path))


def test_a_map_that_tells_nothing_is_warned_of(tmp_path, map_checkpoint):
    path = map_checkpoint()
    passes(stage_3(tmp_path / 'run', path))
    log = next((tmp_path / 'run').glob('*/*.log')).read_text()
    assert f'{path} does not list the images that it was trained on' in log
