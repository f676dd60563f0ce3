import cv2
import numpy as np
import pytest
from fields import painted_field

from daffnet_lite.answers.whole_fields import describe_fields
from daffnet_lite.commands import predict


@pytest.mark.parametrize(
    ('reasons', 'said'),
    [
        (['', 'unsure; blurred', 'other cell type'], None),
        (['several cells'], 'in 0.png;'),
        (['', 'unsure; not a cell'], 'in 1 of the 2 images, such as 1.png;'),
        (
            ['not a cell', 'several cells; unsure', ''],
            'in 2 of the 3 images, such as 0.png;',
        ),
    ],
)
def test_images_that_do_not_show_one_cell(reasons, said):
    review = [
        dict(image=f'{number}.png', review=reason)
        for number, reason in enumerate(reasons)
        if reason
    ]
    notes = describe_fields(review, len(reasons))
    if said is None:
        assert notes == []
    else:
        (note,) = notes
        assert said in note and '`daffnet fields`' in note


@pytest.mark.parametrize('cells', [0, 1, 4])
def test_predict_says_so(cells, tmp_path, capsys):
    """With the model that comes with the package."""
    middles = [(150, 120), (420, 100), (160, 370), (450, 350)][:cells]
    image = painted_field(middles)
    if cells == 1:
        image = np.ascontiguousarray(image[50:190, 80:220])
    path = tmp_path / 'image.png'
    cv2.imwrite(str(path), image)
    assert predict.main([str(path), '--format', 'json']) == 0
    printed, said = capsys.readouterr()
    warned = f'several white cells or none are to be seen in {path}'
    assert (f'warning: {warned}' in said) == (cells != 1)
    assert (warned in printed) == (cells != 1)
