import pytest
from matplotlib.figure import Figure
from PIL import Image

from daffnet_lite.errors import InputError
from daffnet_mm.visualization import save_figure


def test_the_ending_names_the_format(tmp_path):
    figure = Figure(figsize=(2, 1))
    for name, kind in (('a.JPG', 'JPEG'), ('b', 'PNG'), ('c.png', 'PNG')):
        save_figure(figure, tmp_path / name, dpi=50)
        with Image.open(tmp_path / name) as image:
            assert (image.format, image.size) == (kind, (100, 50))
    save_figure(figure, tmp_path / 'd.pdf')
    assert (tmp_path / 'd.pdf').read_bytes()[:4] == b'%PDF'
    with pytest.raises(InputError, match='e.docx names no format .* png'):
        save_figure(figure, tmp_path / 'e.docx')
    assert not (tmp_path / 'e.docx').exists()
