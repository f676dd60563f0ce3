import numpy as np
import pytest
from cell_trees import PARTS, QUICK, counts, infos, jtsc, paint
from mmpretrain.registry import DATASETS
from PIL import Image
from spreadsheets import KINDS, save_again

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import JTSC

TABLE = 'Class Labels of Dataset 1.csv'


@pytest.fixture
def root(tmp_path):
    return jtsc(tmp_path)


def test_labels_and_masks(root):
    dataset = DATASETS.build(dict(type='JTSC', data_root=str(root), **QUICK))
    assert counts(dataset) == [5] * 5
    # labels 1 to 5, in the order of the set's own list
    meaning = [
        'neutrophil',
        'lymphocyte',
        'monocyte',
        'eosinophil',
        'basophil',
    ]
    for info in infos(dataset):
        name = info['image_id'].removeprefix('JTSC/')
        number = int(name[-7:-4])
        assert dataset.CLASSES[info['gt_label']] == meaning[number % 5]
        assert info['img_path'] == str(root / name)
        assert info['seg_map_path'] == str(root / f'{name[:-4]}.png')


def test_a_mask_is_optional_but_not_its_image(root):
    (root / 'Dataset 1' / '004.png').unlink()
    assert len(JTSC(str(root), **QUICK)) == 25
    paint(root / 'Dataset 1' / '026.png')
    with pytest.raises(InputError, match='mask .*026.png has no image'):
        JTSC(str(root), **QUICK)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda r: (r / TABLE).unlink(), f'there is no .*{TABLE}'),
        (
            lambda r: (r / TABLE).write_text('image ID,type\n'),
            "has no column 'class label'; expected are image ID, class label",
        ),
        (
            lambda r: (r / TABLE).write_text('image ID,class label\n1,6\n'),
            "line 2: '6' means no class; expected are basophil",
        ),
        (
            lambda r: (r / TABLE).write_text(
                'image ID,class label\n1,2\n2,3\n001,2\n01,4\n'
            ),
            "image 01 has two labels, .*line 2: '2' and .*line 5: '4'; remove",
        ),
        (
            lambda r: paint(r / 'Dataset 1' / '026.bmp'),
            'image .*026.bmp has no line in .*Class Labels',
        ),
        (
            lambda r: [
                (r / 'Dataset 1' / f'025.{e}').unlink() for e in ('bmp', 'png')
            ],
            'line 26.* names image 25, which is not in .*Dataset 1; complete',
        ),
    ],
)
def test_faulty_releases(root, change, message):
    change(root)
    with pytest.raises(InputError, match=message):
        JTSC(str(root), **QUICK)


def test_real_cells(real):
    root = real('jtsc')
    dataset = JTSC(str(root), pipeline=[dict(type='LoadCellImage')])
    # the even numbers of the set have no basophil
    assert counts(dataset) == [0, 12, 25, 25, 88]
    sample = dataset[0]
    assert sample['img'].shape == (120, 120, 3)
    mask = np.asarray(Image.open(sample['seg_map_path']))
    assert mask.shape == (120, 120) and {0, 255} <= set(np.unique(mask))
    assert [len(JTSC(str(root), p, **QUICK)) for p in PARTS] == [90, 30, 30]


@pytest.mark.parametrize('kind', KINDS)
def test_labels_that_a_spreadsheet_saved_again(root, kind):
    before = [info['gt_label'] for info in infos(JTSC(str(root), **QUICK))]
    save_again(root / TABLE, kind)
    again = JTSC(str(root), **QUICK)
    assert [info['gt_label'] for info in infos(again)] == before


def test_a_line_may_stand_twice(root):
    with open(root / TABLE, 'a') as file:
        file.write('01,2\n')
    assert counts(JTSC(str(root), **QUICK)) == [5] * 5
