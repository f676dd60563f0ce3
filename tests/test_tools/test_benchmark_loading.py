import json

import cv2
import numpy as np

TOOL = (
    'analysis_tools/benchmark_loading.py --rounds 1 --num-images 1 --data-root'
)


def test_all_cases_are_measured(tmp_path, succeeds):
    data = tmp_path / 'data' / 'class'
    data.mkdir(parents=True)
    img = np.random.default_rng(0).integers(0, 255, (70, 60, 3), np.uint8)
    cv2.imwrite(str(data / 'cell.jpg'), img)
    out = tmp_path / 'out.json'
    succeeds(TOOL, data, '--out', out)
    rows = {row['images']: row for row in json.loads(out.read_text())}
    assert list(rows) == [
        'JPEG 1280 x 1280',
        'JPEG 1280 x 1280, from its copy',
        'BMP 1200 x 1200',
        'JPEG 360 x 363',
        'real cells',
        'real cells, enlarged to 1280',
        'real cells, enlarged to 1280, from its copy',
    ]
    for row in rows.values():
        assert min(row['ratio'], row['default_ms'], row['ours_ms']) > 0
    # at full size the very same, at reduced scale nearer to the truth
    assert rows['JPEG 360 x 363']['ours_from_default'] == [0, 0]
    assert rows['BMP 1200 x 1200']['ours_from_default'] == [0, 0]
    large = rows['JPEG 1280 x 1280']
    assert 0 < large['ours_from_default'][0] < 4
    assert large['ours_from_reference'][0] < large['default_from_reference'][0]


def test_a_folder_without_images(tmp_path, fails):
    assert f'--data-root {tmp_path} holds no JPEG' in fails(TOOL, tmp_path)
