from collections import Counter

import numpy as np
from mmpretrain.registry import TRANSFORMS


def test_all_four_turns_equally_often():
    turn = TRANSFORMS.build(dict(type='RandomQuarterTurn'))
    img = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    wanted = {np.rot90(img, k).tobytes(): k for k in range(4)}
    np.random.seed(0)
    counts = Counter()
    for _ in range(400):
        results = turn(dict(img=img, img_shape=(4, 6), gt_label=1))
        turned = results['img']
        number = wanted[turned.tobytes()]
        counts[number] += 1
        assert turned.shape == ((4, 6, 3) if number % 2 == 0 else (6, 4, 3))
        assert results['img_shape'] == turned.shape[:2]
        # a negative stride would be an error in torch.from_numpy
        assert turned.flags.c_contiguous
        assert results['gt_label'] == 1
    assert set(counts) == {0, 1, 2, 3} and min(counts.values()) > 70
