import errno
import json
import os
import random
import subprocess
import sys
import unicodedata
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from spreadsheets import KINDS, save_again

from daffnet_lite.errors import InputError
from daffnet_mm.datasets.splits import (
    cut_groups,
    fold_parts,
    k_fold,
    read_group_file,
    read_split_file,
    stratified_split,
    write_split_file,
)


def labels_of(**counts):
    return {
        f'{label}_{i}.jpg': label
        for label, count in counts.items()
        for i in range(count)
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
        basophil=1218,
        eosinophil=3117,
        erythroblast=1551,
        ig=2895,
        lymphocyte=1214,
        monocyte=1420,
        neutrophil=3329,
        platelet=2348,
        rare=1,
    )
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
        stratified_split(labels_of(a=40), ratios=(0.5, 0.25, 0.25)).values()
    )
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
    ('text', 'message'),
    [
        ('image,part\na.jpg,train\n', "has no column 'split'"),
        ('', "has no column 'image'"),
        (
            'image,split\na.jpg,train\nb.jpg,dev\n',
            "line 3: split 'dev' must be train, val or test",
        ),
        ('image,split\na.jpg,\n', "line 2: split '' must be"),
        ('image,split\na.jpg\n', "line 2: .* column 'split' is missing"),
        (
            'image,split\na.jpg,train\na.jpg,val\n',
            'line 3: image a.jpg is named twice',
        ),
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


# -- groups ------------------------------------------------------------------


def grouped(seed=0, **counts):
    """Labels and groups of 1 to 9 images a group, by class."""
    rng = random.Random(seed)
    labels, groups = {}, {}
    for label, count in counts.items():
        i = 0
        while i < count:
            group = f'{label}-{i}'
            for _ in range(min(rng.randint(1, 9), count - i)):
                labels[f'{label}/{i}.jpg'] = label
                groups[f'{label}/{i}.jpg'] = group
                i += 1
    return labels, groups


def assert_within_one_group(labels, parts, groups, shares):
    sizes = Counter(groups.values())
    largest = Counter()
    for name, label in labels.items():
        largest[label] = max(largest[label], sizes[groups[name]])
    found = Counter((labels[name], part) for name, part in parts.items())
    for label, count in Counter(labels.values()).items():
        for part, share in shares.items():
            assert abs(found[label, part] - share * count) <= largest[label]


def test_groups_by_hand():
    # Order of seed 0: a d b e c (above). The middles of {a, b}, {d, e} and
    # {c} lie at 1, 3 and 4.5, the cuts of 3:1:1 at 3 and 4. That leaves no
    # group for the second part, which takes the first of the two.
    labels = dict.fromkeys(['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg'], 'x')
    groups = {
        'a.jpg': 'p',
        'b.jpg': 'p',
        'd.jpg': 'q',
        'e.jpg': 'q',
        'c.jpg': 'r',
    }
    assert stratified_split(labels, (3, 1, 1), groups=groups) == {
        'a.jpg': 'val',
        'b.jpg': 'val',
        'd.jpg': 'train',
        'e.jpg': 'train',
        'c.jpg': 'test',
    }


@pytest.mark.parametrize('seed', range(5))
def test_no_group_is_cut(seed):
    labels, groups = grouped(seed, a=300, b=80, c=41, d=4)
    parts = stratified_split(labels, seed=seed, groups=groups)
    assert parts.keys() == labels.keys()
    assert cut_groups(parts, groups) == {}
    assert_within_one_group(
        labels, parts, groups, dict(train=0.6, val=0.2, test=0.2)
    )
    folds = k_fold(labels, 5, seed, groups)
    assert cut_groups(folds, groups) == {}
    assert_within_one_group(
        labels, folds, groups, dict.fromkeys(range(5), 0.2)
    )
    # The folds are the split 6:2:2, finer.
    names = ['train', 'train', 'train', 'val', 'test']
    assert {name: names[fold] for name, fold in folds.items()} == parts


@pytest.mark.parametrize('seed', range(8))
def test_large_groups_leave_no_part_without_a_class(seed):
    """Four days, as of Raabin-WBC's basophils, for three parts."""
    sizes = [92, 51, 49, 20]
    groups = {
        f'{day}/{i}.jpg': str(day)
        for day, size in enumerate(sizes)
        for i in range(size)
    }
    labels = dict.fromkeys(groups, 'basophil')
    parts = stratified_split(labels, seed=seed, groups=groups)
    assert cut_groups(parts, groups) == {}
    assert set(parts.values()) == {'train', 'val', 'test'}
    two = {n: g for n, g in groups.items() if g in '01'}
    labels = dict.fromkeys(two, 'basophil')
    assert len(set(stratified_split(labels, groups=two).values())) == 2


def test_images_of_their_own_are_split_as_without_groups():
    labels = labels_of(a=50, b=31, c=7)
    own = {name: name for name in labels}
    assert stratified_split(labels, groups=own) == stratified_split(labels)
    names = {name: str(i) for i, name in enumerate(labels)}
    assert stratified_split(labels, groups=names) == stratified_split(labels)


def test_groups_of_several_classes():
    # fields with cells of one to three classes
    rng = random.Random(3)
    labels, groups = {}, {}
    for field in range(300):
        kinds = rng.choices('abc', (8, 3, 1), k=rng.randint(1, 3))
        for i, label in enumerate(kinds):
            labels[f'{field}#{i}'] = label
            groups[f'{field}#{i}'] = f'field {field}'
    for seed in range(3):
        parts = stratified_split(labels, seed=seed, groups=groups)
        assert cut_groups(parts, groups) == {}
        assert_within_one_group(
            labels, parts, groups, dict(train=0.6, val=0.2, test=0.2)
        )


def slides(seed=0, number=40):
    """Slides of 5 to 300 cells of three classes."""
    rng = random.Random(seed)
    labels, groups = {}, {}
    for slide in range(number):
        kinds = rng.choices('abc', (6, 3, 1), k=rng.randint(5, 300))
        for i, label in enumerate(kinds):
            labels[f'{slide}/{i}.jpg'] = label
            groups[f'{slide}/{i}.jpg'] = str(slide)
    return labels, groups


def test_each_seed_draws_other_groups_of_several_classes():
    """Ordered by size, as once, all seeds tested on the same slides."""
    labels, groups = slides()
    tested = []
    for seed in range(10):
        parts = stratified_split(labels, seed=seed, groups=groups)
        assert cut_groups(parts, groups) == {}
        found = Counter((labels[name], part) for name, part in parts.items())
        for label, count in Counter(labels.values()).items():
            assert found[label, 'test'] == pytest.approx(count / 5, rel=0.4)
            assert found[label, 'train'] == pytest.approx(
                0.6 * count, rel=0.25
            )
        tested.append(
            {groups[name] for name, part in parts.items() if part == 'test'}
        )
    shared = [
        len(one & other) / min(len(one), len(other))
        for one, other in combinations(tested, 2)
    ]
    # 0.2 by chance
    assert sum(shared) / len(shared) < 0.4


def test_a_group_of_several_classes_by_hand():
    """It goes where its classes then exceed their shares the least."""
    # Ten of each class; wanted are 6, 2 and 2. A group of 6 of a and 2 of b
    # adds (6^2 / 6 + 2^2 / 6) / 10 = 0.67 to the training part, and three
    # times as much to the others. One of 2 of a and 1 of b then adds
    # ((8^2 - 6^2) / 6 + (3^2 - 2^2) / 6) / 10 = 0.55 there, and
    # (2^2 / 2 + 1^2 / 2) / 10 = 0.25 to the validation part; if it comes
    # first, 0.08 to the training part, to which the other then adds 1.13, and
    # 2 to the validation part.
    labels = {f'one/{i}': 'aaaaaabb'[i] for i in range(8)}
    labels |= {f'two/{i}': 'aab'[i] for i in range(3)}
    labels |= {f'rest/{i}': 'aabbbbbbb'[i] for i in range(9)}
    groups = {name: name[:3] if name[0] in 'ot' else name for name in labels}
    found = set()
    for seed in range(20):
        parts = stratified_split(labels, seed=seed, groups=groups)
        places = parts['one/0'], parts['two/0']
        found.add(places)
        if places == ('train', 'val'):
            counts = Counter((labels[n], part) for n, part in parts.items())
            assert counts == {
                (label, part): count
                for label in 'ab'
                for part, count in dict(train=6, val=2, test=2).items()
            }
    assert found == {('train', 'val'), ('train', 'train')}


@pytest.mark.parametrize('seed', range(5))
def test_a_group_with_most_of_a_class_is_trained_on(seed):
    """As Raabin-WBC's slide with 380 of 744 eosinophils."""
    labels, groups = slides(seed)
    for i in range(2 * sum(label == 'c' for label in labels.values())):
        labels[f'most/{i}.jpg'] = 'c'
        groups[f'most/{i}.jpg'] = 'most'
    parts = stratified_split(labels, seed=seed, groups=groups)
    assert parts['most/0.jpg'] == 'train'
    assert cut_groups(parts, groups) == {}


def test_without_strata_classes_fall_as_chance_has_it():
    """The papers' splits: as many images in a part, not of a class."""
    # LDWBC's; of Chen et al.'s 4,529 test images, 42 are basophils.
    labels = labels_of(b=224, e=539, l=10445, m=968, n=10469)
    counts = []
    for seed in range(5):
        parts = stratified_split(labels, (3, 1, 1), seed, stratify=False)
        assert Counter(parts.values()) == dict(
            train=13587, val=4529, test=4529
        )
        counts.append(
            Counter(labels[n] for n in parts if parts[n] == 'test')['b']
        )
        again = dict(sorted(labels.items(), reverse=True))
        assert parts == stratified_split(
            again, (3, 1, 1), seed, stratify=False
        )
    # 44.8 are expected, with a standard deviation of 6
    assert len(set(counts)) > 1 and all(20 < c < 70 for c in counts)
    stratified = stratified_split(labels, (3, 1, 1))
    assert (
        sum(
            stratified[name] == 'test'
            for name in labels
            if labels[name] == 'b'
        )
        == 45
    )


def test_without_strata_no_group_is_cut():
    labels, groups = grouped(a=100, b=9)
    groups['a/0.jpg'] = groups['b/0.jpg'] = 'both'
    parts = stratified_split(labels, groups=groups, stratify=False)
    assert cut_groups(parts, groups) == {}
    folds = k_fold(labels, 5, groups=groups, stratify=False)
    assert cut_groups(folds, groups) == {}
    names = ['train', 'train', 'train', 'val', 'test']
    assert {name: names[fold] for name, fold in folds.items()} == parts


def test_a_share_of_nothing_gets_nothing():
    labels, groups = grouped(a=100, b=9)
    # one group of both classes
    groups['a/0.jpg'] = groups['b/0.jpg'] = 'both'
    parts = stratified_split(labels, (3, 1, 0), groups=groups)
    assert set(parts.values()) == {'train', 'val'}


# The packages' own files would import torch, which takes seconds.
PROGRAM = """
import json, random, sys, types
for name in ('daffnet_mm', 'daffnet_mm.datasets', 'daffnet_lite.fileio'):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [sys.argv[1] + '/' + name.replace('.', '/')]
sys.modules['daffnet_lite.fileio'].atomic_write = None
from daffnet_mm.datasets.splits import k_fold, stratified_split
labels, groups, seed = json.load(sys.stdin)
def shuffled(values):
    items = [(n.replace('/', chr(92)), v) for n, v in values.items()]
    random.Random(seed).shuffle(items)
    return dict(items)
labels, groups = shuffled(labels), shuffled(groups)
json.dump([stratified_split(labels, groups=groups), k_fold(labels, 4, 7,
                                                           groups)],
          sys.stdout)
"""


def test_the_same_in_every_process_order_and_path_style():
    labels, groups = grouped(a=120, b=33)
    groups['a/1.jpg'] = groups['b/4.jpg'] = 'both'
    expected = [
        stratified_split(labels, groups=groups),
        k_fold(labels, 4, 7, groups),
    ]
    root = str(Path(__file__).resolve().parents[2])
    processes = [
        subprocess.Popen(
            [sys.executable, '-W', 'ignore', '-c', PROGRAM, root],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, 'PYTHONHASHSEED': seed},
        )
        for seed in ('1', '2')
    ]
    for seed, process in enumerate(processes):
        output, _ = process.communicate(json.dumps([labels, groups, seed]))
        assert json.loads(output) == expected


def test_composed_and_decomposed_letters():
    names = [f'Zellen/Bär_{i}.jpg' for i in range(20)]
    composed = stratified_split(dict.fromkeys(names, 'x'))
    decomposed = [unicodedata.normalize('NFD', name) for name in names]
    assert decomposed != names
    assert stratified_split(dict.fromkeys(decomposed, 'x')) == composed
    with pytest.raises(InputError, match='twice.*how an accent is written'):
        stratified_split(dict.fromkeys([names[0], decomposed[0]], 'x'))


def test_files_with_decomposed_letters(tmp_path):
    path = tmp_path / 'split.csv'
    text = 'image,split,group\nBär.jpg,train,ä\nb.jpg,val,ä\n'
    path.write_text(unicodedata.normalize('NFD', text))
    assert read_split_file(path) == {'Bär.jpg': 'train', 'b.jpg': 'val'}
    assert read_group_file(path) == {'Bär.jpg': 'ä', 'b.jpg': 'ä'}


# -- published splits --------------------------------------------------------


def test_chen_et_al_lisc():
    # Table 2 of Chen et al.: 242 images give 145, 48 and 49
    labels = labels_of(
        basophil=53, monocyte=48, eosinophil=39, neutrophil=50, lymphocyte=52
    )
    for ratios in ((3, 1, 1), (6, 2, 2)):
        parts = stratified_split(labels, ratios)
        assert Counter(parts.values()) == dict(train=145, val=48, test=49)


def test_chen_et_al_raabin():
    # Table 2: 10,175 training images give 7,631 and 2,544
    labels = labels_of(
        basophil=212,
        eosinophil=744,
        lymphocyte=2427,
        monocyte=561,
        neutrophil=6231,
    )
    parts = stratified_split(labels, (3, 1, 0))
    assert Counter(parts.values()) == dict(train=7631, val=2544)


def test_folds_are_tested_on_once():
    folds = k_fold(labels_of(a=40, b=13), 4)
    runs = [fold_parts(folds, fold, 4) for fold in range(4)]
    for name in folds:
        assert Counter(run[name] for run in runs) == dict(
            train=2, val=1, test=1
        )


# -- faults ------------------------------------------------------------------


def test_faulty_requests():
    labels = labels_of(a=5)
    for ratios in ((6, 2), (0, 0, 0), (3, -1, 1), (1, 1, float('nan'))):
        with pytest.raises(InputError, match='ratios'):
            stratified_split(labels, ratios)
    with pytest.raises(InputError, match='k=1 must be at least 2'):
        k_fold(labels, 1)
    with pytest.raises(
        InputError, match='2 of the images have no group, first a_3.jpg'
    ):
        stratified_split(labels, groups={f'a_{i}.jpg': 'g' for i in range(3)})
    with pytest.raises(InputError, match='image x/1.jpg is there twice'):
        stratified_split({'x/1.jpg': 'a', 'x\\1.jpg': 'a'})


def test_group_files_are_read_as_written(tmp_path):
    path = tmp_path / 'split.csv'
    labels, groups = grouped(a=20)
    parts = stratified_split(labels, groups=groups)
    write_split_file(path, labels, parts, groups)
    assert read_split_file(path) == parts
    assert read_group_file(path) == groups
    assert path.read_text().startswith('image,label,split,group\na/0.jpg,a,')
    # as a spreadsheet on Windows saves it
    path.write_bytes(b'\xef\xbb\xbfimage,group\r\nx\\1.jpg,x\\0.jpg\r\n')
    assert read_group_file(path) == {'x/1.jpg': 'x/0.jpg'}


@pytest.mark.parametrize('kind', KINDS)
def test_files_that_a_spreadsheet_saved_again(tmp_path, kind):
    path = tmp_path / 'split.csv'
    path.write_text('image,split,group\n"x/é, 1.jpg",train,a\ny.jpg,val,b\n')
    parts, groups = read_split_file(path), read_group_file(path)
    assert parts == {'x/é, 1.jpg': 'train', 'y.jpg': 'val'}
    save_again(path, kind)
    assert (read_split_file(path), read_group_file(path)) == (parts, groups)


def test_files_that_were_written_by_hand(tmp_path):
    path = tmp_path / 'split.csv'
    path.write_text('Image ; Split ; Group\na.jpg ; Train ; g\n')
    assert read_split_file(path) == {'a.jpg': 'train'}
    assert read_group_file(path) == {'a.jpg': 'g'}


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (b'image,split\na.jpg,train\n', "has no column 'group'"),
        (b'image,group\na.jpg,\n', 'line 2: image a.jpg has no group'),
        (b'image,group\n,g\n', 'line 2: no image is named'),
        (b'image,group\na.jpg,g\na.jpg,h\n', 'line 3: image a.jpg is named'),
        (b'\xff\xfei\0m', 'begins as UTF-16, but is not'),
    ],
)
def test_faulty_group_files(tmp_path, text, message):
    path = tmp_path / 'groups.csv'
    path.write_bytes(text)
    with pytest.raises(InputError, match=message) as caught:
        read_group_file(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_written(tmp_path, monkeypatch):
    labels = labels_of(a=5)
    parts = stratified_split(labels)
    (tmp_path / 'file').touch()
    with pytest.raises(
        InputError, match='cannot write split file .*name a file in a folder'
    ):
        write_split_file(tmp_path / 'file' / 'split.csv', labels, parts)

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(InputError, match='No space left on device'):
        write_split_file(tmp_path / 'split.csv', labels, parts)
    assert sorted(os.listdir(tmp_path)) == ['file']
