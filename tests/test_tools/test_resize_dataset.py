import cv2
import numpy as np
from mmpretrain.registry import DATASETS
from tool_process import run_tool

TOOL = 'dataset_converters/resize_dataset.py'


def test_a_dataset_reads_the_copy(tmp_path, pbc_root):
    target = tmp_path / 'small'
    status, output = run_tool(
        TOOL, pbc_root, target, '--short-edge', 18, log=tmp_path / 'log'
    )
    assert status == 0, output
    assert '80 files written, 0 were there, 0 not copied' in output
    pipeline = [dict(type='LoadCellImage')]
    full, small = (
        DATASETS.build(
            dict(
                type='PBC',
                data_root=str(root),
                split='train',
                pipeline=pipeline,
            )
        )
        for root in (pbc_root, target)
    )
    assert len(full) == len(small)
    for one, other in zip(full, small, strict=True):
        assert one['image_id'] == other['image_id']
        assert one['gt_label'] == other['gt_label']
        assert other['img'].shape == (20, 18, 3)
        assert np.abs(one['img'].mean() - other['img'].mean()) < 1


def test_what_was_not_copied_is_named(tmp_path):
    source = tmp_path / 'source'
    source.mkdir()
    cv2.imwrite(str(source / 'good.png'), np.zeros((9, 9, 3), np.uint8))
    (source / 'bad.png').write_bytes(b'')
    status, output = run_tool(
        TOOL,
        source,
        tmp_path / 'target',
        '--short-edge',
        4,
        log=tmp_path / 'log',
    )
    assert status == 1
    assert f'not copied: {source / "bad.png"}: the file is empty' in output
    status, output = run_tool(
        TOOL,
        tmp_path / 'nothing',
        tmp_path / 'target',
        '--short-edge',
        4,
        log=tmp_path / 'log',
    )
    assert status == 2 and 'Traceback' not in output
    assert f'error: {tmp_path / "nothing"} is no folder' in output
