import runpy

import numpy as np
import pytest
from PIL import Image
from tool_process import REPOSITORY, run_tool

from daffnet_mm.datasets.synthetic import render_cell

TOOL = 'dataset_converters/crop_cells.py'


def test_crop_cells(tmp_path):
    source, target = tmp_path / 'in', tmp_path / 'out'
    (source / 'lymphocyte').mkdir(parents=True)
    cell = render_cell([1, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0], 96, 1)
    Image.fromarray(cell[..., ::-1]).save(source / 'lymphocyte' / 'a.png')
    Image.fromarray(np.full((60, 60, 3), 225, np.uint8)).save(
        source / 'blank.png'
    )
    log = tmp_path / 'log'
    status, output = run_tool(TOOL, source, target, log=log)
    assert status == 0, output
    assert 'cropping' in output and 'no cell found: blank.png' in output
    assert '1 cells of 2 images, 0 of them from before' in output
    assert (target / 'lymphocyte' / 'a_0.png').is_file()
    assert (
        (target / 'boxes.csv')
        .read_text()
        .startswith('image,group,x1,y1,x2,y2\n')
    )

    (source / 'bad.png').write_bytes(b'')
    status, output = run_tool(
        TOOL, source, target, '--num-workers', 1, log=log
    )
    assert status == 1 and '2 of them from before' in output
    assert f'not read: {source / "bad.png"}: the file is empty' in output
    status, output = run_tool(TOOL, tmp_path / 'nothing', target, log=log)
    assert status == 2 and 'Traceback' not in output
    assert output.startswith(f'error: {tmp_path / "nothing"} is no folder')


def test_each_box_is_matched_once():
    match = runpy.run_path(
        str(REPOSITORY / 'tools/analysis_tools/evaluate_cropping.py')
    )['match']
    wanted = [(0, 0, 10, 10), (0, 0, 10, 20)]
    # IoU 1/2 and 1 with the one, 1 and 1/2 with the other, 0 with the third
    ious, false = match(
        wanted, [(0, 0, 10, 20), (0, 0, 10, 10), (50, 50, 60, 60)]
    )
    assert ious == [1, 1] and false == 1
    assert match(wanted, [(0, 0, 10, 10)]) == ([1, 0], 0)
    assert match([], [(0, 0, 9, 9)]) == ([], 1)
    assert match([(0, 0, 10, 10)], [(0, 0, 10, 4)]) == (
        [pytest.approx(0.4)],
        1,
    )
