"""Slides give the cells that are painted on them, each once."""

import cv2
import numpy as np
import pytest
from fields import Painter, painted_field
from slides import write_slide

from daffnet_lite.commands import fields
from daffnet_lite.cropping import crop_window, cut_window
from daffnet_lite.fields import cut_cell, predict_field, slides
from daffnet_lite.fields.cutting import look_around
from daffnet_lite.fileio import tiff_windows
from daffnet_lite.fileio.tiff_windows import open_windows

#: White cells, of which some lie on seams of windows, at 600 and 1200 pixels,
#: and at corners of them.
MIDDLES = [
    *[(200, 250), (600, 300), (1190, 250), (1650, 320), (603, 597)],
    *[(250, 640), (1200, 600), (1700, 800), (240, 1000), (900, 950)],
]
SHAPE = (1200, 1800)


@pytest.fixture(scope='module', autouse=True)
def _small_windows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiff_windows, 'LEAST_PIXELS', 10**6)
        patch.setattr(slides, 'CORE', 600)
        patch.setattr(slides, 'RIM', 200)
        yield


@pytest.fixture(scope='module')
def image():
    return painted_field(MIDDLES, SHAPE)


@pytest.fixture(scope='module')
def slide(image, tmp_path_factory):
    folder = tmp_path_factory.mktemp('slides')
    return write_slide(folder / 'slide.svs', image, quality=98)


@pytest.fixture(scope='module')
def found(slide):
    """What is found on the slide."""
    return predict_field(Painter(), slide)


def middles(boxes):
    return sorted(((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in boxes)


def test_each_cell_is_found_once(found):
    assert len(slides.parts_of_slide(SHAPE)) == 6
    assert found.shape == SHAPE and len(found.cells) == len(MIDDLES)
    np.testing.assert_allclose(middles(found.boxes), sorted(MIDDLES), atol=8)
    assert {cell.cell_type for cell in found.cells} == {'dark'}


def test_given_boxes_are_those_of_the_slide(slide):
    boxes = [(560, 260, 640, 340), (0, 0, 50, 50), (1750, 1150, 1900, 1300)]
    result = predict_field(Painter(), slide, boxes)
    assert result.boxes == [*boxes[:2], (1750, 1150, 1800, 1200)]


def test_cells_of_slides_wait_on_the_disk(slide, tmp_path, monkeypatch):
    class Reader(Painter):
        def stream(self, inputs, batch_size, skip_broken):
            assert len(list(tmp_path.rglob('*.png'))) == len(inputs) == 2
            yield from super().stream(inputs, batch_size, skip_broken)
            self.errors[1] = f'{inputs[1]} is broken'
            self.warnings = [f'{inputs[0]} is no network']

    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    boxes = [(560, 260, 640, 340), (0, 0, 50, 50)]
    result = predict_field(Reader(broken=[1]), slide, boxes)
    assert result.boxes == boxes[:1]
    assert result.errors == (
        'the cell at (0, 0, 50, 50) has no answer: cell_1.png is broken',
    )
    assert result.warnings == ('cell_0.png is no network',)
    assert not list(tmp_path.iterdir())


def test_cells_of_slides_at_one_scale(slide, image):
    painter = Painter(side=120)
    boxes = [(560, 260, 640, 340), (1750, 1150, 1800, 1200)]
    predict_field(painter, slide, boxes)
    assert painter.sizes == [(120, 120)] * 2
    with open_windows(slide) as windows:
        for box in boxes:
            crop = cut_cell(windows, box, side=120)
            wanted = cut_window(image, box, 120)
            assert np.abs(crop.astype(int) - wanted).mean() < 3
            assert look_around(windows, box).side == 3 * (box[2] - box[0])


@pytest.mark.parametrize(
    'largest', [450, pytest.param(4096, marks=pytest.mark.long)]
)
def test_the_command_reads_a_folder_of_slides(
    slide, image, found, tmp_path, monkeypatch, capsys, largest
):
    monkeypatch.setattr(fields, 'load_model', lambda args: Painter())
    monkeypatch.setattr('daffnet_lite.fields.out_folder.LARGEST_SIDE', largest)
    out = tmp_path / 'out'
    words = [str(slide.parent), '--out-dir', str(out), '--num-workers', '0']
    # The limit is for what is decoded whole.
    assert fields.main([*words, '--max-pixels', '1000']) == 0
    assert '10 cells in 1 field,' in capsys.readouterr().out
    for number, box in enumerate(found.boxes):
        x1, y1, x2, y2 = crop_window(box, SHAPE)
        crop = cv2.imread(str(out / f'crops/dark/slide_{number}.png'))
        difference = crop.astype(int) - image[y1:y2, x1:x2]
        assert np.abs(difference).mean() < 3
    picture = cv2.imread(str(out / 'annotated' / 'slide.png'))
    scale = min(1, largest / 1800)
    assert picture.shape[:2] == (1200 * scale, 1800 * scale)


def test_a_broken_slide_costs_no_other(image, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tiff_windows, 'LEAST_PIXELS', 10**5)
    slide = write_slide(tmp_path / 'slide.svs', image[:500, :900], quality=98)
    content = bytearray(slide.read_bytes())
    content[8:3000] = bytes(2992)
    (tmp_path / 'broken.svs').write_bytes(content)
    monkeypatch.setattr(fields, 'load_model', lambda args: Painter())
    assert fields.main([str(tmp_path), '--num-workers', '0']) == 1
    output, error = capsys.readouterr()
    assert '2 cells in 1 field' in output
    assert 'error: slide ' in error and 'broken.svs cannot be read' in error
