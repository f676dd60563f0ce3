"""An image at a glance, with the light measured or taken for even."""

import cv2
import numpy as np
import pytest

from daffnet_lite.cropping.overview import Overview


def smear(shade):
    image = np.full((120, 120, 3), (232, 236, 240), np.uint8)
    cv2.circle(image, (60, 60), 30, (225, 190, 195), -1)
    cv2.circle(image, (60, 60), 20, (140, 50, 90), -1)
    light = np.linspace(1 - shade, 1, 120)[:, None, None]
    return (image * light).astype(np.uint8)


@pytest.mark.parametrize('shade', [0.0, 0.1])
def test_even_light_is_enough_for_a_nucleus(shade):
    measured, even = (
        Overview(smear(shade), even=even).nuclei for even in (False, True)
    )
    both = (measured & even).sum() / (measured | even).sum()
    assert measured.sum() == pytest.approx(np.pi * 20**2, rel=0.1)
    assert both > 0.95


def test_only_measured_light_is_shaded():
    """Glass in the dark corner is glass, where the light is measured."""
    found = [
        Overview(smear(0.2), even=even).stains.total[5, 60]
        for even in (False, True)
    ]
    assert found[0] < 0.1 < found[1]
