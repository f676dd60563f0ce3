import pytest
import torch
from mmengine.runner import Runner
from tiny_run import StopHook, tiny_config, train

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('trained')
    train(tiny_config(work_dir, **{'train_cfg.max_epochs': 1}))
    return work_dir


def check(work_dir, run, **options):
    """Test the trained model under another config."""
    cfg = tiny_config(work_dir, load_from=str(run / 'best.pth'), **options)
    return Runner.from_cfg(cfg).test()


def test_its_own_config(run, tmp_path):
    assert 'wbc/accuracy' in check(tmp_path, run)


def test_another_number_of_classes(run, tmp_path):
    with pytest.raises(InputError) as caught:
        check(tmp_path, run, **{'model.head.num_classes': 8})
    message = str(caught.value)
    assert message.startswith(f'{run}/best.pth has head.classifier.weight ')
    assert '(5, 16), but this config needs (8, 16)' in message


def test_another_order_of_classes(run, tmp_path):
    with pytest.raises(InputError, match='the order counts') as caught:
        check(
            tmp_path,
            run,
            **{'test_dataloader.dataset.classes': WBC5_CLASSES[::-1]},
        )
    assert 'best.pth was trained for the classes basophil,' in str(
        caught.value
    )


def test_another_model(run, tmp_path):
    with pytest.raises(InputError, match='another model than this config'):
        check(tmp_path, run, **{'model.backbone.type': 'ResNet'})


def test_validation_alone(run, tmp_path):
    # MMEngine's checkpoint hook saves a best model in trainings only
    options = {
        'load_from': str(run / 'best.pth'),
        'default_hooks.checkpoint.save_best': None,
        'default_hooks.checkpoint.rule': None,
    }
    cfg = tiny_config(tmp_path, **options)
    assert 'wbc/accuracy' in Runner.from_cfg(cfg).val()
    cfg = tiny_config(
        tmp_path,
        **options,
        **{'val_dataloader.dataset.classes': WBC5_CLASSES[::-1]},
    )
    with pytest.raises(InputError, match='the order counts'):
        Runner.from_cfg(cfg).val()


def test_a_new_training_may_start_from_parts(run, tmp_path):
    parts = tmp_path / 'parts.pth'
    state = torch.load(run / 'best.pth', weights_only=True)['state_dict']
    torch.save(
        {k: v for k, v in state.items() if k.startswith('backbone.')}, parts
    )
    cfg = tiny_config(tmp_path / 'run', load_from=str(parts))
    with pytest.raises(StopIteration):
        train(cfg, StopHook())
    # but a resumed one needs all
    torch.save(dict(meta={}, state_dict=torch.load(parts)), parts)
    cfg = tiny_config(tmp_path / 'run', load_from=str(parts), resume=True)
    with pytest.raises(InputError, match='parts.pth has no weight head.'):
        train(cfg, StopHook())


@pytest.mark.parametrize(
    'spoil',
    [
        lambda content: content.pop('message_hub'),
        lambda content: content.update(message_hub=[]),
        lambda content: content['message_hub'].pop('resumed_keys'),
        lambda content: content['meta'].pop('iter'),
        lambda content: content['meta'].update(epoch='one'),
    ],
)
def test_resuming_from_a_model_without_its_training(run, tmp_path, spoil):
    content = torch.load(run / 'epoch_1.pth')
    path = tmp_path / 'epoch_1.pth'
    torch.save(content, path)
    cfg = tiny_config(tmp_path / 'run', load_from=str(path), resume=True)
    with pytest.raises(StopIteration):
        train(cfg, StopHook())
    spoil(content)
    torch.save(content, path)
    cfg = tiny_config(tmp_path / 'run', load_from=str(path), resume=True)
    with pytest.raises(InputError, match='epoch_1.pth holds a model but not'):
        train(cfg, StopHook())


def test_resuming_in_the_folder_of_another_model(run):
    cfg = tiny_config(run, **{'resume': True, 'model.head.num_features': 8})
    with pytest.raises(InputError, match='epoch_1.pth has head.fc.weight'):
        train(cfg, StopHook())
