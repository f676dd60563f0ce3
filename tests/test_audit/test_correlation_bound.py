"""The bound of correlations against the correlations themselves."""

import numpy as np
import pytest

from daffnet_mm.audit import near_duplicates
from daffnet_mm.audit.correlation_bound import CorrelationBound
from daffnet_mm.audit.detail_correlation import MAX_SHIFT, correlate
from daffnet_mm.audit.near_duplicates import (
    REPEAT_CORRELATION,
    find_near_duplicates,
    fingerprint,
)
from daffnet_mm.audit.similar_hashes import SYMMETRIES, find_similar_hashes
from daffnet_mm.datasets import PBC, SyntheticWBC


@pytest.fixture(scope='module')
def painted():
    """Cells, and some of them turned, mirrored, shifted or noisy."""
    cells = SyntheticWBC(
        num_samples=80,
        image_size=72,
        pipeline=[dict(type='LoadSyntheticCell')],
    )
    images = [cell['img'] for cell in cells]
    rng = np.random.default_rng(0)
    for number, image in enumerate(images[:32]):
        image = np.rot90(image, number % 4)
        if number % 8 > 3:
            image = image[:, ::-1]
        if number > 7:
            image = np.roll(image, rng.integers(-9, 10, 2), (0, 1))
        noise = rng.normal(0, number // 2, image.shape)
        images.append((image + noise).clip(0, 255).astype(np.uint8))
    return {f'{n:03d}': fingerprint(image) for n, image in enumerate(images)}


def grey_details(fingerprints):
    return np.stack([f.detail[0] for f in fingerprints.values()])


def turned(image, symmetry):
    return np.rot90(image[:, ::-1] if symmetry > 3 else image, symmetry % 4)


def by_sums(first, second):
    """Correlate two details pixel by pixel, at each shift."""
    side = len(first)
    wide = np.pad(second.astype(float), MAX_SHIFT)
    sums = [
        (first * wide[y : y + side, x : x + side]).sum()
        for y in range(2 * MAX_SHIFT + 1)
        for x in range(2 * MAX_SHIFT + 1)
    ]
    return max(sums) / np.linalg.norm(first) / np.linalg.norm(wide)


def test_correlations_are_those_of_the_pixels(painted):
    details = grey_details(painted)
    rng = np.random.default_rng(1)
    rows = np.stack(
        [*rng.integers(0, len(details), (2, 40)), np.arange(40) % SYMMETRIES],
        axis=1,
    )
    wanted = [
        by_sums(details[i].astype(float), turned(details[j], symmetry))
        for i, j, symmetry in rows
    ]
    assert correlate(details, rows) == pytest.approx(wanted, abs=1e-5)


def everyone(number, symmetry):
    i, j = np.triu_indices(number, 1)
    return np.stack([i, j, np.full_like(i, symmetry)], 1)


@pytest.mark.parametrize('symmetry', range(SYMMETRIES))
def test_no_pair_that_reaches_it_is_left_out(painted, symmetry):
    details = grey_details(painted)
    bound = CorrelationBound(iter(details), len(details))
    rows = everyone(len(details), symmetry)
    exact = correlate(details, rows)
    assert (exact >= REPEAT_CORRELATION).any()
    for least in (0.3, 0.5, REPEAT_CORRELATION, 0.95):
        kept = {tuple(r) for r in bound.likely(rows, least).tolist()}
        reach = rows[exact >= least].tolist()
        assert kept.issuperset(map(tuple, reach))
    # copies to the pixel are bound by what they correlate by
    twice = np.concatenate([details, [turned(details[0], symmetry)]])
    bound = CorrelationBound(iter(twice), len(twice))
    back = {0: 0, 1: 3, 2: 2, 3: 1}.get(symmetry, symmetry)
    row = np.array([[0, len(details), back]])
    assert correlate(twice, row) == pytest.approx([1], abs=1e-5)
    assert len(bound.likely(row, 0.9999)) == 1
    assert len(bound.likely(row, 1.01)) == 0


def test_most_strangers_are_left_out(painted):
    details = grey_details(painted)[:80]
    bound = CorrelationBound(iter(details), len(details))
    rows = everyone(len(details), 0)
    assert len(bound.likely(rows, REPEAT_CORRELATION)) < 0.1 * len(rows)


def test_noise_of_any_colour_is_bound():
    """Where hardly anything, or nearly all, is of low frequency."""
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:48, :48] / 48
    details = [rng.integers(-127, 128, (48, 48)) for _ in range(8)]
    for wave in range(1, 21):
        phase = rng.uniform(0, 6, 2)
        image = np.sin(wave * x + phase[0]) * np.sin(wave * y + phase[1])
        details.append(np.rint(127 * image))
    details = np.array(details).astype(np.int8)
    bound = CorrelationBound(iter(details), len(details))
    for symmetry in range(SYMMETRIES):
        rows = everyone(len(details), symmetry)
        exact = correlate(details, rows)
        for row, value in zip(rows, exact, strict=True):
            assert len(bound.likely(row[None], value)) == 1


def the_plain_way(fingerprints):
    """Compare the details of all pairs that the hashes propose."""
    names = sorted(fingerprints)
    hashes = np.stack([fingerprints[name].hashes for name in names])
    details = np.stack([fingerprints[name].detail for name in names])
    found = {}
    for rows in find_similar_hashes(hashes, False):
        values = correlate(details[:, 0], rows)
        same = near_duplicates._is_same_picture(details, rows, values)
        for (i, j, _), value in zip(rows[same], values[same], strict=True):
            pair = names[i], names[j]
            found[pair] = max(value, found.get(pair, 0))
    return {pair: round(float(value), 4) for pair, value in found.items()}


def with_the_bound(fingerprints):
    pairs = find_near_duplicates(fingerprints, progress=False)
    return {pair[:2]: pair.correlation for pair in pairs}


def test_painted_pairs_are_those_of_the_plain_way(painted):
    # those of equal pixels are told by their digests
    some = {f.digest: n for n, f in painted.items()}
    some = {name: painted[name] for name in some.values()}
    pairs = with_the_bound(some)
    assert len(pairs) >= 8
    assert pairs == the_plain_way(some)


def test_real_pairs_are_those_of_the_plain_way(shared):
    release = PBC(
        str(shared / 'data/pbc/PBC_dataset_normal_DIB'), lazy_init=True
    )
    paths = {s['name']: s['path'] for s in release.list_samples()}
    names = [name for name in sorted(paths) if name.startswith('platelet/')]
    prints = {name: fingerprint(paths[name]) for name in names[:400]}
    repeats = shared / 'data' / 'BCCD_cropped'
    prints |= {
        str(path): fingerprint(str(path)) for path in repeats.glob('*/*_1.jpg')
    }
    pairs = with_the_bound(prints)
    assert len(pairs) > 10
    assert pairs == the_plain_way(prints)
