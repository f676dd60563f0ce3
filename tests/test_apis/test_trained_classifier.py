"""One classifier on other laboratories' cells, against a plain count."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmengine import Config
from sklearn.metrics import confusion_matrix, recall_score
from tiny_run import CONFIG
from trained_cells import PIPELINE, write_cells, write_classifier

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis import WBCInferencer, robustness, trained_classifier
from daffnet_mm.apis.robustness import (
    CORRUPTIONS,
    measure_robustness,
    place_of_corruption,
)
from daffnet_mm.apis.trained_classifier import (
    SeededDataset,
    TrainedClassifier,
    dataset_type,
    load_classifiers,
    pair_classifiers,
)
from daffnet_mm.utils.dataset_configs import pipeline_of_test


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('cross')
    write_cells(folder / 'pbc', dict.fromkeys(WBC5_CLASSES, 5))
    write_cells(
        folder / 'bccd',
        dict(Eosinophil=5, Lymphocyte=6, Monocyte=1, Neutrophil=6),
    )
    return folder


def build(folder, classes, **kwargs):
    return TrainedClassifier(
        *write_classifier(folder, classes, **kwargs),
        device='cpu',
        batch_size=4,
        num_workers=0,
    )


#: Five of the eight are common, in another order.
EIGHT = (
    'ig',
    'neutrophil',
    'platelet',
    'monocyte',
    'basophil',
    'erythroblast',
    'lymphocyte',
    'eosinophil',
)


@pytest.mark.parametrize('classes', [WBC5_CLASSES, EIGHT])
def test_classes_are_matched_by_name(folder, classes):
    classifier = build(folder, classes)
    name, dataset = classifier.dataset(f'bccd={folder}/bccd')
    samples = [dataset[i] for i in range(len(dataset))]
    images = classifier.model.data_preprocessor(
        dict(inputs=[s['inputs'] for s in samples])
    )['inputs']
    with torch.no_grad():
        logits = classifier.model(images, mode='tensor')
    # Random weights prefer one class: take the preference away.
    classifier.model.head.classifier.bias.data -= logits.mean(0)
    logits = logits - logits.mean(0)

    true = [
        WBC5_CLASSES.index(s['data_samples'].img_path.split('/')[-2].lower())
        for s in samples
    ]
    places = [classes.index(name) for name in WBC5_CLASSES]
    predicted = logits[:, places].argmax(1).tolist()
    result = classifier.test(dataset, name)
    assert len(set(predicted)) > 1
    assert result.cells == 18
    assert result.correct == np.sum(np.equal(true, predicted))
    # One monocyte does not count.
    assert result.balanced_accuracy == pytest.approx(
        100 * recall_score(true, predicted, labels=[1, 2, 4], average='macro')
    )
    assert result.balanced.low <= result.balanced.value < result.balanced.high
    assert result.summary()['balanced_high'] == result.balanced.high < 100
    _, counts = result.report.confusions['cell_type']
    assert (counts == confusion_matrix(true, predicted, labels=range(5))).all()
    assert result.recalls['basophil'] is None
    assert result.notes == [
        (
            'bccd has no basophil, 1 monocyte: balanced accuracy is the mean '
            'over the other classes'
        )
    ]


def test_wilson_interval_by_hand(folder):
    """8 of 10: (0.8 + z2/20 -+ z sqrt(.016 + z2/400)) / (1 + z2/10)."""
    classifier = build(folder, WBC5_CLASSES)
    result = classifier.test(classifier.home(), 'home')
    result = replace(result, right=dict(a=5, b=3), support=dict(a=6, b=4))
    assert result.accuracy == 80
    assert result.interval == pytest.approx((49.02, 94.33), abs=0.01)


def test_finer_classes_count_as_the_coarser_one(folder):
    classes = ('neutrophil_band', 'lymphocyte', 'neutrophil_segment')
    classifier = build(folder, classes)
    assert classifier.common == ('lymphocyte', 'neutrophil')
    _, dataset = classifier.dataset(f'BCCD={folder}/bccd')
    result = classifier.test(dataset, 'BCCD')
    assert result.cells == 12
    assert 'does not know basophil, eosinophil, monocyte' in result.notes[-1]
    row = result.report.predictions[0]
    assert row['p(lymphocyte)'] + row['p(neutrophil)'] == pytest.approx(1)


def test_a_config_names_a_dataset_too(folder):
    classifier = build(folder, WBC5_CLASSES)
    name, dataset = classifier.dataset(f'painted={CONFIG}')
    assert name == 'painted' and len(dataset) == 16
    assert classifier.test(dataset, name).cells == 16


def test_adapting_changes_a_copy_only(folder):
    classifier = build(folder, WBC5_CLASSES)
    before = {k: v.clone() for k, v in classifier.model.state_dict().items()}
    _, dataset = classifier.dataset(f'BCCD={folder}/bccd')
    other = classifier.adapted(dataset)
    after = classifier.model.state_dict()
    assert all(value.equal(after[key]) for key, value in before.items())
    mean = 'backbone.bn1.running_mean'
    assert not other.model.state_dict()[mean].equal(after[mean])
    assert classifier.notes == other.notes == ()


def test_it_is_told_what_adapting_leaves(folder, monkeypatch):
    """Of one trunk for both branches, nearly all."""
    monkeypatch.setattr(trained_classifier, 'adapt_batch_norm', lambda *_: 7)
    classifier = build(folder, WBC5_CLASSES)
    _, dataset = classifier.dataset(f'BCCD={folder}/bccd')
    note = classifier.adapted(dataset).test(dataset, 'BCCD').notes[0]
    assert '7 layers keep theirs: those of the frozen attribute' in note
    assert note not in classifier.test(dataset, 'BCCD').notes


def test_bad_input(folder):
    classifier = build(folder, WBC5_CLASSES)
    with pytest.raises(InputError, match='nowhere is no dataset of the plug'):
        classifier.dataset(f'nowhere={folder}')
    with pytest.raises(InputError, match='must be NAME=ROOT'):
        classifier.dataset('BCCD')
    assert dataset_type('jtsc') == 'JTSC'
    config, _ = write_classifier(folder, WBC5_CLASSES)
    _, checkpoint = write_classifier(folder, EIGHT)
    with pytest.raises(InputError, match='another number of classes'):
        TrainedClassifier(config, checkpoint, device='cpu')
    with pytest.raises(InputError, match='at least two of basophil'):
        build(folder, ('basophil', 'platelet'))
    seen = build(
        folder, WBC5_CLASSES, train_images=['BCCD/Monocyte/Monocyte_0.png']
    )
    with pytest.raises(InputError, match='trained on 1 images of BCCD'):
        seen.dataset(f'BCCD={folder}/bccd')
    # a field of which that image was cut
    seen = build(
        folder,
        WBC5_CLASSES,
        train_images=['BCCD/x_0.png'],
        train_groups=['BCCD/Monocyte/Monocyte_0.png'],
    )
    with pytest.raises(InputError, match='1 images of BCCD or on others of'):
        seen.dataset(f'BCCD={folder}/bccd')


def test_names_of_classifiers():
    assert pair_classifiers(['a/x.py', 'r/b.pth']) == dict(
        x=('a/x.py', 'r/b.pth')
    )
    assert list(
        pair_classifiers(['x.py', 's0/best.pth', 'x.py', 's1/best.pth'])
    ) == ['s0', 's1']
    with pytest.raises(InputError, match='got 1 paths'):
        pair_classifiers(['x.py'])
    with pytest.raises(InputError, match='2 classifiers need as many'):
        pair_classifiers(['x.py', 'a', 'y.py', 'b'], ['one'])


def test_settings_of_all_classifiers(folder):
    paths = write_classifier(folder, WBC5_CLASSES)
    options = {'test_dataloader.dataset.split': 'train'}
    sizes = [
        [
            len(classifier.home())
            for _, classifier in load_classifiers(
                [*paths, *paths], ['a', 'b'], cfg_options=settings
            )
        ]
        for settings in ({}, options)
    ]
    assert sizes[0] == 2 * [len(build(folder, WBC5_CLASSES).home())]
    assert sizes[1][0] == sizes[1][1] != sizes[0][0]


# -- robustness --------------------------------------------------------------


def test_faults_come_before_normalisation():
    steps = [
        dict(type='LoadCellImage'),
        dict(type='NormalizeBackground'),
        dict(type='PackInputs'),
    ]
    assert place_of_corruption(steps) == 1
    assert place_of_corruption(PIPELINE) == 2


def test_every_corruption_is_measured_and_repeats(folder, monkeypatch):
    classifier = build(folder, WBC5_CLASSES)
    strongest = {
        name: (unit, dict([list(steps.items())[-1]]))
        for name, (unit, steps) in CORRUPTIONS.items()
    }
    monkeypatch.setattr(robustness, 'CORRUPTIONS', strongest)
    rows = list(measure_robustness(classifier))
    assert [(c, s) for c, s, _ in rows] == [
        ('none', None),
        ('blur', 3.0),
        ('noise', 32.0),
        ('jpeg', 10),
        ('stain', 0.6),
    ]
    plain, *others = (r.report.predictions for _, _, r in rows)
    home = classifier.test(classifier.home(), 'home')
    assert plain == home.report.predictions
    assert plain not in others
    again = list(measure_robustness(classifier, ['stain']))
    assert again[-1][2].report.predictions == others[-1]
    with pytest.raises(InputError, match='no corruption fog; there are blur'):
        list(measure_robustness(classifier, ['fog']))


def write_wrapped(config, folder, **wrapper):
    """The same config, whose test part lies in a wrapper."""
    cfg = Config.fromfile(config)
    part = cfg.test_dataloader.dataset
    inside = dict(dataset=part)
    if wrapper['type'] == 'ConcatDataset':
        inside = dict(datasets=[part, part])
    cfg.test_dataloader.dataset = dict(wrapper, **inside)
    path = folder / 'wrapped.py'
    cfg.dump(path)
    return str(path)


def test_a_test_part_in_a_wrapper(folder, tmp_path):
    config, checkpoint = write_classifier(folder, WBC5_CLASSES)
    options = dict(device='cpu', batch_size=4, num_workers=0)
    plain = TrainedClassifier(config, checkpoint, **options)
    inside = TrainedClassifier(
        write_wrapped(config, tmp_path, type='TaxonomyDataset'),
        checkpoint,
        **options,
    )
    assert inside.pipeline == plain.pipeline
    own, wanted = (
        [
            result.report.predictions
            for *_, result in measure_robustness(classifier, ['noise'])
        ]
        for classifier in (inside, plain)
    )
    assert own == wanted
    assert own[0] != own[-1]
    # What has parts has no pipeline that could be another one's.
    several = TrainedClassifier(
        write_wrapped(config, tmp_path, type='ConcatDataset'),
        checkpoint,
        **options,
    )
    with pytest.raises(InputError, match='ConcatDataset has no pipeline'):
        several.home()
    inferencer = WBCInferencer(
        write_wrapped(config, tmp_path, type='ConcatDataset'), checkpoint
    )
    assert len(inferencer(f'{folder}/bccd')) == 18


def test_a_config_without_a_test_part(folder, tmp_path):
    config, checkpoint = write_classifier(folder, WBC5_CLASSES)
    cfg = Config.fromfile(config)
    cfg.test_dataloader = None
    cfg.dump(tmp_path / 'config.py')
    with pytest.raises(InputError, match=r'config\.py must have a test_dat'):
        WBCInferencer(str(tmp_path / 'config.py'), str(checkpoint))
    with pytest.raises(InputError, match=r'config\.py must have a test_dat'):
        pipeline_of_test(Config.fromfile(tmp_path / 'config.py'))


def test_severities_rise():
    """Further from the image at each step."""
    from mmpretrain.registry import TRANSFORMS

    rng = np.random.default_rng(0)
    img = rng.integers(60, 200, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    for name, (_, steps) in CORRUPTIONS.items():
        gaps = []
        for step in steps.values():
            np.random.seed(0)
            got = TRANSFORMS.build(step)(dict(img=img))['img']
            gaps.append(np.abs(got.astype(float) - img).mean())
        assert gaps == sorted(gaps) and gaps[0] > 0, name


def test_seeded_samples_do_not_depend_on_the_order():
    class Noise:
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return np.random.rand()

    first = [SeededDataset(Noise())[i] for i in (0, 1, 2)]
    assert [SeededDataset(Noise())[i] for i in (2, 1, 0)] == first[::-1]
    assert len(set(first)) == 3


def test_what_is_no_number_is_no_answer(folder, tmp_path):
    config, path = write_classifier(folder, WBC5_CLASSES)
    content = torch.load(path)
    content['state_dict']['backbone.conv1.weight'].fill_(1e37)
    path = str(tmp_path / 'overflowing.pth')
    torch.save(content, path)
    classifier = TrainedClassifier(config, path, device='cpu', num_workers=0)
    with pytest.raises(InputError, match=r'\.png has no answer, as the'):
        classifier.test(classifier.home(), 'home')
