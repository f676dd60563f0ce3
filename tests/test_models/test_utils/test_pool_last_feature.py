import pytest
import torch

from daffnet_mm.models.utils import pool_last_feature


def test_a_map_is_averaged_over_its_positions():
    feature = torch.randn(2, 5, 3, 4)
    expected = torch.stack(
        [
            torch.stack([feature[i, c].sum() / 12 for c in range(5)])
            for i in range(2)
        ]
    )
    torch.testing.assert_close(pool_last_feature(feature), expected)


def test_a_vector_stays_as_it_is():
    feature = torch.randn(2, 5)
    assert pool_last_feature((feature,)) is feature


def test_the_last_stage_counts():
    first, last = torch.randn(2, 3, 8, 8), torch.randn(2, 6)
    assert pool_last_feature((first, last)) is last
    assert pool_last_feature([(first, last)]) is last


@pytest.mark.parametrize('shape', [(2,), (2, 5, 7), (2, 3, 4, 5, 6)])
def test_tokens_are_refused_with_what_to_set(shape):
    with pytest.raises(ValueError, match="out_type='cls_token'"):
        pool_last_feature((torch.zeros(shape),))
