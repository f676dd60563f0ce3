import shutil

import pytest
from cell_trees import QUICK, counts, infos, lisc, paint
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.datasets import LISC


@pytest.fixture
def root(tmp_path):
    return lisc(tmp_path)


def test_images_of_the_five_classes(root):
    dataset = DATASETS.build(
        dict(
            type='LISC',
            data_root=str(root),
            pipeline=[dict(type='LoadCellImage')],
        )
    )
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    # the mixed fields are left out
    assert counts(dataset) == [5, 4, 6, 3, 5]
    info = dataset.get_data_info(0)
    assert info['img_path'] == str(root / 'Main Dataset' / 'Baso' / '1.bmp')
    assert info['image_id'] == 'LISC/Main Dataset/Baso/1.bmp'
    assert dataset[22]['img'].shape == (24, 30, 3)


def test_masks(root):
    for info in infos(LISC(str(root), **QUICK)):
        *_, folder, name = info['img_path'].split('/')
        if folder == 'mono':
            assert 'seg_map_path' not in info
        else:
            number = name.removesuffix('.bmp')
            masks = root / 'Ground Truth Segmentation' / folder
            assert info['seg_map_path'] == str(
                masks / 'areaforexpert1' / f'{number}_expert.bmp'
            )


def test_masks_are_optional(root):
    shutil.rmtree(root / 'Ground Truth Segmentation')
    dataset = LISC(str(root), **QUICK)
    assert len(dataset) == 23
    assert 'seg_map_path' not in dataset.get_data_info(0)


def test_a_mask_without_its_image(root):
    (root / 'Main Dataset' / 'eosi' / '2.bmp').unlink()
    with pytest.raises(
        InputError,
        match='eosi/areaforexpert1/2_expert.bmp '
        r'has no image .*Main Dataset/eosi/2\.\*; complete',
    ):
        LISC(str(root), **QUICK)


def test_the_mixed_fields_can_be_read_too(root):
    paint(root / 'Main Dataset' / 'blast' / '1.bmp')
    with pytest.raises(InputError, match="class_map={'blast': <class>}"):
        LISC(str(root), **QUICK)
    classes = dict(blast=None, mixt='mono')
    assert len(LISC(str(root), class_map=classes, **QUICK)) == 25


@pytest.mark.parametrize('place', ['', '..', '../..'])
def test_the_wrong_level(tmp_path, place):
    root = lisc(tmp_path / 'one')
    if place:
        wrong = root / place
        with pytest.raises(InputError) as caught:
            LISC(str(wrong.resolve()), **QUICK)
        assert f'{root} has one: set data_root to that' in str(caught.value)
    with pytest.raises(InputError, match='no folder Main Dataset; it must be'):
        LISC(str(root / 'Main Dataset'), **QUICK)
