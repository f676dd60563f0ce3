import pytest

from daffnet_lite.cropping import crop_window
from daffnet_lite.cropping.boxes import check_margin
from daffnet_lite.errors import InputError


@pytest.mark.parametrize(
    ('box', 'margin', 'wanted'),
    [
        ((40, 50, 60, 60), 0, (40, 45, 60, 65)),  # square around the middle
        ((40, 50, 60, 60), 0.1, (38, 43, 62, 67)),
        ((0, 0, 20, 10), 0.1, (0, 0, 24, 24)),  # moved inside
        ((180, 95, 200, 100), 0, (180, 80, 200, 100)),
        ((0, 0, 150, 100), 0, (0, 0, 150, 100)),  # higher than the image: cut
        ((10, 0, 190, 100), 0.5, (0, 0, 200, 100)),
    ],
)
def test_crop_window(box, margin, wanted):
    assert crop_window(box, (100, 200), margin) == wanted


@pytest.mark.parametrize('margin', [-0.1, 2.5, float('nan')])
def test_bad_margin(margin):
    with pytest.raises(InputError, match='must lie between 0 and 2'):
        check_margin(margin)
