from types import SimpleNamespace

import pytest
from mmpretrain.registry import HOOKS

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
