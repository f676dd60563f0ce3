import pytest
import torch
from cell_trees import paint
from mmpretrain.registry import MODELS
from tiny_run import PREDICTOR, StopHook, daffnet_model, tiny_config, train

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES

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


# -- groups ------------------------------------------------------------------


@pytest.fixture
def cut_lisc(tmp_path):
    """LISC cut: two cells a field, three fields a class."""
    fields = [
        f'Main Dataset/{folder}/{number}'
        for folder in ('Baso', 'eosi', 'lymp', 'mono', 'neut')
        for number in (1, 2, 3)
    ]
    root = tmp_path / 'cut'
    rows = ['image,group,x1,y1,x2,y2']
    for field in fields:
        paint(tmp_path / 'whole' / f'{field}.bmp')
        for cell in (0, 1):
            paint(root / f'{field}_{cell}.png')
            rows.append(f'{field}_{cell}.png,{field}.bmp,1,1,9,9')
    (root / 'boxes.csv').write_text('\n'.join(rows))
    return root


def split_by(tmp_path, rule):
    """Write a split file; the rule takes a field's number and a cell's."""
    path = tmp_path / 'split.csv'
    rows = ['image,split']
    for folder in ('Baso', 'eosi', 'lymp', 'mono', 'neut'):
        for field in (1, 2, 3):
            rows += [
                f'Main Dataset/{folder}/{field}_{cell}.png,{rule(field, cell)}'
                for cell in (0, 1)
            ]
    path.write_text('\n'.join(rows))
    return str(path)


def on_lisc(work_dir, root, split_file):
    cfg = tiny_config(work_dir)
    for part in ('train', 'val', 'test'):
        cfg[f'{part}_dataloader'].dataset = dict(
            type='LISC',
            data_root=str(root),
            split=part,
            split_file=split_file,
            pipeline=[
                dict(type='LoadCellImage'),
                dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
            ],
        )
    return cfg


PART_OF_FIELD = {1: 'train', 2: 'val', 3: 'test'}


def test_two_crops_of_a_field_on_two_sides_are_refused(tmp_path, cut_lisc):
    """Their names differ, their group does not."""
    split_file = split_by(tmp_path, lambda field, _: PART_OF_FIELD[field])
    passes(on_lisc(tmp_path / 'whole_fields', cut_lisc, split_file))
    split_file = split_by(
        tmp_path,
        lambda field, cell: 'val' if cell else PART_OF_FIELD[field],
    )
    with pytest.raises(InputError) as caught:
        train(on_lisc(tmp_path / 'run', cut_lisc, split_file), StopHook())
    assert (
        'train_dataloader and val_dataloader share 5 groups (copies or crops '
        'of one image), such as LISC/Main Dataset/Baso/1.bmp; '
    ) in str(caught.value)


def test_a_whole_field_and_its_crops_are_refused(tmp_path, cut_lisc):
    split_file = split_by(tmp_path, lambda field, _: PART_OF_FIELD[field])
    cfg = on_lisc(tmp_path / 'run', cut_lisc, split_file)
    whole = dict(cfg.train_dataloader.dataset, split=None, split_file=None)
    whole['data_root'] = str(tmp_path / 'whole')
    cfg.train_dataloader.dataset = whole
    with pytest.raises(InputError, match='share 5 groups .*LISC/Main Datas'):
        train(cfg, StopHook())


def test_the_map_must_not_know_a_group_either(tmp_path, map_checkpoint):
    """As when it was trained on another crop of the same field."""
    cfg = stage_3(
        tmp_path / 'run',
        map_checkpoint(
            train_images=['LISC/Main Dataset/Baso/3_1.png'],
            train_groups=['LISC/Main Dataset/Baso/3.bmp'],
        ),
    )
    table = 'image,group,x1,y1,x2,y2\n'
    for folder in ('Baso', 'eosi', 'lymp', 'mono', 'neut'):
        paint(tmp_path / 'cut' / 'Main Dataset' / folder / '3_0.png')
        table += f'Main Dataset/{folder}/3_0.png,'
        table += f'Main Dataset/{folder}/3.bmp,1,1,9,9\n'
    (tmp_path / 'cut' / 'boxes.csv').write_text(table)
    cfg.test_dataloader.dataset = dict(
        type='LISC',
        data_root=str(tmp_path / 'cut'),
        pipeline=cfg.test_dataloader.dataset.pipeline,
    )
    with pytest.raises(InputError, match='the MAP .* share 1 groups '):
        train(cfg, StopHook())


def test_groups_are_listed_in_checkpoints(tmp_path, cut_lisc):
    split_file = split_by(tmp_path, lambda field, _: PART_OF_FIELD[field])
    cfg = on_lisc(tmp_path / 'run', cut_lisc, split_file)
    cfg.merge_from_dict(ONE_EPOCH)
    train(cfg)
    meta = torch.load(tmp_path / 'run/epoch_1.pth', weights_only=True)['meta']
    assert len(meta['train_images']) == 10
    assert meta['train_groups'] == [
        f'LISC/Main Dataset/{folder}/1.bmp'
        for folder in ('Baso', 'eosi', 'lymp', 'mono', 'neut')
    ]
