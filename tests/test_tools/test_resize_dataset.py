import cv2
import numpy as np

from daffnet_mm.datasets import PBC

TOOL = 'dataset_converters/resize_dataset.py --short-edge'


def test_a_dataset_reads_the_copy(tmp_path, pbc_root, succeeds):
    target = tmp_path / 'small'
    output = succeeds(TOOL, 18, pbc_root, target)
    assert '80 files written, 0 were there, 0 not copied' in output
    pipeline = [dict(type='LoadCellImage')]
    full, small = (
        PBC(str(root), 'train', pipeline=pipeline)
        for root in (pbc_root, target)
    )
    assert len(full) == len(small)
    for one, other in zip(full, small, strict=True):
        assert one['image_id'] == other['image_id']
        assert one['gt_label'] == other['gt_label']
        assert other['img'].shape == (20, 18, 3)
        assert np.abs(one['img'].mean() - other['img'].mean()) < 1


def test_what_was_not_copied_is_named(tmp_path, succeeds, fails):
    source = tmp_path / 'source'
    source.mkdir()
    cv2.imwrite(str(source / 'good.png'), np.zeros((9, 9, 3), np.uint8))
    (source / 'bad.png').write_bytes(b'')
    target = tmp_path / 'target'
    output = succeeds(TOOL, 4, source, target, status=1)
    assert f'not copied: {source / "bad.png"}: the file is empty' in output
    error = fails(TOOL, 4, tmp_path / 'nothing', target)
    assert error.startswith(f'error: {tmp_path / "nothing"} is no folder')
