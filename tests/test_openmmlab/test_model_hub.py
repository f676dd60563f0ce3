import pytest
from mmpretrain import get_model, inference_model, list_models
from mmpretrain.apis import ModelHub

from daffnet_lite.errors import InputError
from daffnet_mm.apis.shipped_model import SHIPPED_WEIGHTS, shipped_file
from daffnet_mm.openmmlab.model_hub import NO_WEIGHTS


def models():
    list_models()
    root = shipped_file('.mim/model-index.yml').removesuffix('model-index.yml')
    return {
        name: model
        for name, model in ModelHub._models_dict.items()
        if str(model.config).startswith(root)
    }


def test_one_has_the_weights_that_come_along():
    weights = [model.weights for model in models().values()]
    assert weights.count(shipped_file(SHIPPED_WEIGHTS)) == 1


def test_mmpretrains_own_models_stay_as_they_are():
    assert 'resnet50_8xb32_in1k' in list_models()
    model = ModelHub.get('resnet50_8xb32_in1k')
    assert model.weights.startswith('https://')


def test_those_without_weights_say_so_and_what_to_do(tmp_path):
    none = [n for n, m in models().items() if m.weights.startswith(NO_WEIGHTS)]
    assert 'daffnet-tiny_pbc5' in none
    name = 'daffnet-tiny_pbc5'
    for ask in (
        lambda: get_model(name, pretrained=True),
        lambda: inference_model(name, str(tmp_path / 'cell.png')),
    ):
        with pytest.raises(
            InputError,
            match=f'^{name} comes without trained weights: train it by '
            r'`python .*/tools/train\.py .*/daffnet-tiny_pbc5\.py`',
        ):
            ask()
    # and without being asked for any it is built
    assert type(get_model(name)).__name__ == 'DAFFNet'


def test_damaged_weights_are_refused(tmp_path):
    """By what checks every checkpoint, as the file is loaded by it."""
    (name,) = (
        n
        for n, m in models().items()
        if m.weights == shipped_file(SHIPPED_WEIGHTS)
    )
    with open(shipped_file(SHIPPED_WEIGHTS), 'rb') as file:
        content = bytearray(file.read())
    content[len(content) // 2] ^= 1
    path = tmp_path / 'damaged.pth'
    path.write_bytes(content)
    with pytest.raises(
        InputError, match='is damaged .*differs from its check'
    ):
        get_model(name, pretrained=str(path))
