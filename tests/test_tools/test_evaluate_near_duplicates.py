from PIL import Image

TOOL = 'analysis_tools/evaluate_near_duplicates.py'


def test_on_real_cells(shared, tmp_path, succeeds):
    folder = tmp_path / 'cells'
    folder.mkdir()
    source = shared / 'data/jtsc/Dataset 1'
    images = sorted(source.glob('*.bmp'))[:12]
    for path in images:
        (folder / path.name).write_bytes(path.read_bytes())
    with Image.open(images[0]) as image:
        image.rotate(90).save(folder / 'turned.jpg')
    sheet = tmp_path / 'pairs.png'
    output = succeeds(f'{TOOL} --num-planted 2 --figure', sheet, folder)
    found = 'flagged as near duplicates: 2 images (15.38 %) in 1 pairs'
    assert found in output
    assert f'{images[0].name}  turned.jpg' in output
    last = [line for line in output.splitlines() if ' all ' in line][-1]
    assert last.split()[3:8:2] == ['26', '26', '100.0']
    with Image.open(sheet) as image:
        assert image.width > 360


def test_a_folder_without_images(tmp_path, fails):
    expected = f'error: {tmp_path} holds no image that is called *'
    assert fails(TOOL, tmp_path) == expected
