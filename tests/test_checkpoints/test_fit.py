"""The one check that a checkpoint belongs to a model."""

import pytest
import torch
from torch import nn

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import (
    check_classes,
    check_fit,
    find_meta,
    load_weights,
)


def small_model(**kwargs):
    torch.manual_seed(kwargs.pop('seed', 0))
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2, **kwargs)
    )


@pytest.fixture
def weights():
    return dict(small_model(seed=1).state_dict())


def save(path, weights, **meta):
    torch.save(dict(state_dict=weights, meta=meta), path)
    return str(path)


def test_what_fits_is_loaded(tmp_path, weights):
    model = small_model()
    path = save(tmp_path / 'a.pth', weights, epoch=3)
    assert load_weights(model, path) == dict(epoch=3)
    for name, value in model.state_dict().items():
        assert value.equal(weights[name])


def test_what_may_differ(tmp_path, weights):
    """Half precision, and the counter that the oldest ones lack."""
    model = small_model()
    del weights['1.num_batches_tracked']
    weights = {f'module.{k}': v.half() for k, v in weights.items()}
    assert load_weights(model, save(tmp_path / 'a.pth', weights)) == {}
    assert model[0].weight.equal(weights['module.0.weight'].float())


def lacking(weights):
    del weights['1.running_mean']


def surplus(weights):
    weights['2.lora'] = torch.zeros(2)


def other_shape(weights):
    weights['2.weight'] = torch.zeros(3, 4)


def other_type(weights):
    weights['2.weight'] = weights['2.weight'].long()


def complex_numbers(weights):
    weights['2.weight'] = weights['2.weight'].cfloat()


def not_a_number(weights):
    weights['1.running_var'][2] = float('nan')


def infinite(weights):
    weights['0.bias'] = weights['0.bias'].half()
    weights['0.bias'][0] = float('inf')


def foreign(weights):
    weights.clear()
    weights['backbone.conv1.weight'] = torch.zeros(1)


FAULTS = {
    lacking: 'has no weight 1.running_mean: it was made by another model',
    surplus: 'has the weight 2.lora, for which this config has no place',
    other_shape: r'has 2.weight of shape \(3, 4\), but .* needs \(2, 4\)',
    other_type: '2.weight as torch.int64, but this config needs torch.float32',
    complex_numbers: '2.weight as torch.complex64',
    not_a_number: 'has values in 1.running_var that are not finite',
    infinite: 'has values in 0.bias that are not finite',
    foreign: 'none of the weights of this config, such as 0.weight, but '
    'others, such as backbone.conv1.weight',
}


@pytest.mark.parametrize('fault', FAULTS, ids=lambda fault: fault.__name__)
def test_what_does_not_fit_is_refused(tmp_path, weights, fault):
    fault(weights)
    model = small_model()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    path = save(tmp_path / 'a.pth', weights)
    with pytest.raises(InputError, match=FAULTS[fault]) as caught:
        load_weights(model, path)
    assert str(caught.value).startswith(path)
    assert '\n' not in str(caught.value)
    # and nothing of it was loaded
    assert all(v.equal(before[k]) for k, v in model.state_dict().items())


@pytest.mark.parametrize('fault', FAULTS, ids=lambda fault: fault.__name__)
def test_a_training_may_start_from_parts(weights, fault):
    fault(weights)
    options = dict(may_lack=True, may_exceed=True)
    if fault in (lacking, surplus):
        check_fit(small_model(), weights, 'a.pth', **options)
    else:
        with pytest.raises(InputError, match=FAULTS[fault]):
            check_fit(small_model(), weights, 'a.pth', **options)


@pytest.mark.parametrize(
    ('meta', 'sentence'),
    [
        (3, 'a meta that is no dict'),
        (dict(dataset_meta=[]), None),
        (dict(dataset_meta=['a']), 'a meta that is no dict'),
        (dict(dataset_meta=dict(classes=5)), 'whose classes are no list'),
        (dict(dataset_meta=dict(classes='ab')), 'whose classes are no list'),
        (dict(dataset_meta=dict(classes=['a', 1])), 'whose classes are no'),
        (dict(train_images=7), 'whose train_images are no list'),
        (dict(train_groups='a'), 'whose train_groups are no list'),
        (None, None),
    ],
)
def test_meta(meta, sentence):
    if sentence is None:
        assert find_meta(dict(meta=meta), 'a.pth') == (meta or {})
        return
    with pytest.raises(InputError, match=f'a.pth has .*{sentence}'):
        find_meta(dict(meta=meta), 'a.pth')


def test_the_order_of_classes_counts():
    class Data:
        metainfo = dict(classes=('b', 'a'))

    check_classes(Data, dict(dataset_meta=dict(classes=['b', 'a'])), 'a.pth')
    check_classes(Data, {}, 'a.pth')
    with pytest.raises(InputError, match='trained for the classes a, b, but'):
        check_classes(
            Data, dict(dataset_meta=dict(classes=['a', 'b'])), 'a.pth'
        )
