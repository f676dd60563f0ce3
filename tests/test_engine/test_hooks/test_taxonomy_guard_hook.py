from types import SimpleNamespace

import pytest
from mmpretrain.registry import HOOKS, MODELS

import daffnet_mm.engine.hooks.taxonomy_guard_hook  # noqa: F401
from daffnet_lite.errors import InputError


def loop(*classes):
    dataset = SimpleNamespace(metainfo=dict(classes=classes))
    return SimpleNamespace(dataloader=SimpleNamespace(dataset=dataset))


def runner(train, val, test, num_classes=2):
    head = SimpleNamespace(num_classes=num_classes)
    return SimpleNamespace(
        train_loop=train,
        val_loop=val,
        test_loop=test,
        model=SimpleNamespace(head=head),
    )


@pytest.fixture
def hook():
    return HOOKS.build(dict(type='TaxonomyGuardHook'))


def test_what_agrees_passes(hook):
    for test in (loop('a', 'b'), None):
        hook.before_train(runner(loop('a', 'b'), loop('a', 'b'), test))
    hook.before_test(runner(None, None, loop('a', 'b')))
    # a MAP without an auxiliary classifier
    hook.before_train(runner(loop('a', 'b'), None, None, num_classes=None))


@pytest.mark.parametrize('place', ['val', 'test'])
def test_another_order_is_refused(hook, place):
    loops = dict(train=loop('a', 'b'), val=loop('a', 'b'), test=loop('a', 'b'))
    loops[place] = loop('b', 'a')
    with pytest.raises(
        InputError,
        match='train_dataloader has the classes '
        f'a, b, but {place}_dataloader has b, a',
    ):
        hook.before_train(runner(**loops))


def test_a_classifier_of_another_number_is_refused(hook):
    with pytest.raises(
        InputError, match='num_classes is 5, but the data have 2 classes: a, b'
    ):
        hook.before_test(runner(None, None, loop('a', 'b'), num_classes=5))


def mixing(head, preprocessor, augment, **options):
    """A run of two classes that mixes its images."""
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(type='MobileNetV2', widen_factor=0.1),
            head=dict(type=head, num_classes=2, in_channels=8),
            data_preprocessor=dict(type=preprocessor, **options),
            train_cfg=dict(augments=[augment]),
        )
    )
    return SimpleNamespace(
        train_loop=loop('a', 'b'), val_loop=None, test_loop=None, model=model
    )


MIXUP, FOURIER = dict(type='Mixup', alpha=1.0), dict(type='FourierMix')
OURS, ONE_HOT = 'MixingDataPreprocessor', dict(to_onehot=True, num_classes=2)


@pytest.mark.parametrize(
    'run',
    [
        ('MAPHead', OURS, MIXUP),
        ('LinearClsHead', OURS, FOURIER),
        ('TwoLooksClsHead', OURS, FOURIER),
        ('LinearClsHead', 'ClsDataPreprocessor', MIXUP),
    ],
)
def test_images_may_be_mixed_as_labels_are(hook, run):
    hook.before_train(mixing(*run))
    if run[0] == 'LinearClsHead':
        hook.before_train(mixing(run[0], OURS, MIXUP, **ONE_HOT))


@pytest.mark.parametrize('head', ['LinearClsHead', 'FusionHead'])
def test_mixed_images_with_one_label_are_refused(hook, head):
    with pytest.raises(
        InputError, match=f'labels that {head} learns: set to_onehot=True'
    ):
        hook.before_train(mixing(head, OURS, MIXUP))


@pytest.mark.parametrize(
    'preprocessor', ['ClsDataPreprocessor', 'ChannelsLastDataPreprocessor']
)
def test_mixed_images_with_the_attributes_of_one_are_refused(
    hook, preprocessor
):
    with pytest.raises(InputError, match=r"dict\(type='MixingDataPrepro"):
        hook.before_train(mixing('MAPHead', preprocessor, MIXUP, **ONE_HOT))
    # That keeps what an image is.
    hook.before_train(mixing('MAPHead', preprocessor, FOURIER, **ONE_HOT))


@pytest.mark.parametrize('preprocessor', [OURS, 'ClsDataPreprocessor'])
def test_mixed_looks_are_refused(hook, preprocessor):
    with pytest.raises(InputError, match='two looks at one cell.*CutMix out'):
        hook.before_train(
            mixing('TwoLooksClsHead', preprocessor, MIXUP, **ONE_HOT)
        )
