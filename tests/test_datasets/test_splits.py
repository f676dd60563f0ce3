import random
from collections import Counter

import pytest

from daffnet_mm.datasets.splits import (
    read_split_file,
    stratified_split,
    write_split_file,
)
from daffnet_mm.errors import InputError


def labels_of(**counts):
    return {
        f'{label}_{i}.jpg': label
        for label, count in counts.items() for i in range(count)
    }


def test_by_hand():
    # printf '0:a.jpg' | sha256sum, and so on, gives the order a d b e c
    labels = dict.fromkeys(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'], 'x')
    assert stratified_split(labels) == {
        'a.jpg': 'train',
        'd.jpg': 'train',
        'b.jpg': 'train',
        'e.jpg': 'val',
        'c.jpg': 'test',
    }
    # with 1 for the seed it is a e c d b
    assert stratified_split(labels, seed=1) == {
        'a.jpg': 'train',
        'e.jpg': 'train',
        'c.jpg': 'train',
        'd.jpg': 'val',
        'b.jpg': 'test',
    }


def test_ratios_hold_in_each_class():
    # PBC's own counts: only rounding may differ
    counts = dict(
        basophil=1218, eosinophil=3117, erythroblast=1551, ig=2895,
        lymphocyte=1214, monocyte=1420, neutrophil=3329, platelet=2348,
        rare=1)
    labels = labels_of(**counts)
    parts = stratified_split(labels)
    assert parts.keys() == labels.keys()
    found = Counter((labels[name], part) for name, part in parts.items())
    for label, count in counts.items():
        for part, share in dict(train=0.6, val=0.2, test=0.2).items():
            assert abs(found[label, part] - share * count) <= 1
    assert found['rare', 'train'] == 1


def test_other_ratios():
    found = Counter(
        stratified_split(labels_of(a=40), ratios=(0.5, 0.25, 0.25)).values())
    assert found == dict(train=20, val=10, test=10)
    found = Counter(stratified_split(labels_of(a=40), (3, 1, 0)).values())
    assert found == dict(train=30, val=10)


def test_order_and_other_classes_do_not_matter():
    labels = labels_of(a=50, b=31, c=7)
    parts = stratified_split(labels)
    shuffled = list(labels.items())
    random.Random(1).shuffle(shuffled)
    assert stratified_split(dict(shuffled)) == parts
    alone = labels_of(b=31)
    assert stratified_split(alone) == {name: parts[name] for name in alone}


def test_the_seed_matters():
    labels = labels_of(a=100)
    first, second = (stratified_split(labels, seed=s) for s in (0, 1))
    assert Counter(first.values()) == Counter(second.values())
    # by chance, 100 * (0.36 + 0.04 + 0.04) are in the same part
    same = sum(first[name] == second[name] for name in labels)
    assert 25 < same < 65


def test_files_are_read_as_written(tmp_path):
    path = tmp_path / 'new' / 'split.csv'
    labels = labels_of(b=3, a=5)
    parts = stratified_split(labels)
    write_split_file(path, labels, parts)
    assert read_split_file(path) == parts
    lines = path.read_text().splitlines()
    assert lines[0] == 'image,label,split'
    assert lines[1] == f'a_0.jpg,a,{parts["a_0.jpg"]}'
    assert len(lines) == 9


@pytest.mark.parametrize(
    'text, message',
    [
        ('image,part\na.jpg,train\n', "has no column 'split'"),
        ('', "has no column 'image'"),
        ('image,split\na.jpg,train\nb.jpg,dev\n',
         "line 3: split 'dev' must be train, val or test"),
        ('image,split\na.jpg\n', 'line 2: split None must be'),
        ('image,split\na.jpg,train\na.jpg,val\n',
         'line 3: image a.jpg is named twice'),
    ],
)
def test_faulty_files(tmp_path, text, message):
    path = tmp_path / 'split.csv'
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_split_file(path)
    assert str(path) in str(caught.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match='split.csv does not exist'):
        read_split_file(tmp_path / 'split.csv')
