"""Every kind of damaged checkpoint, through every door that takes one."""

import functools
import io
import os
import tarfile
import zipfile

import mmpretrain
import numpy as np
import pytest
import torch
from mmengine import Config
from mmengine.runner import Runner, load_checkpoint
from mmpretrain.registry import MODELS
from PIL import Image
from tiny_run import CONFIG, PREDICTOR, tiny_config
from tool_process import load_tool

from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.pseudo_labelling import pseudo_label
from daffnet_mm.apis.trained_classifier import TrainedClassifier


def build_model():
    """A MAP with a classifier."""
    torch.manual_seed(0)
    return MODELS.build(PREDICTOR)


def genuine():
    """What a whole checkpoint of it holds."""
    return dict(
        meta=dict(dataset_meta=dict(classes=WBC5_CLASSES), epoch=1, iter=3),
        state_dict=build_model().state_dict(),
        message_hub=dict(log_scalars={}, runtime_info={}, resumed_keys={}),
    )


# -- kinds of damage: each writes a file


def missing(path):
    pass


def empty(path):
    path.touch()


def text(path):
    path.write_text('<html>404: not found</html>\n' * 99)


def folder(path):
    path.mkdir()


def pipe(path):
    os.mkfifo(path)


def truncated(path):
    torch.save(genuine(), path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def truncated_legacy(path):
    torch.save(genuine(), path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-9])


def tar(path):
    """PyTorch's format until 2017."""
    with tarfile.open(path, 'w', format=tarfile.PAX_FORMAT) as archive:
        for name in ('storages', 'tensors', 'pickle'):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())


def other_archive(path):
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('cells/a.txt', 'no checkpoint')


def torchscript(path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(path)


def a_list(path):
    torch.save([torch.zeros(1)], path)


def a_tensor(path):
    torch.save(torch.zeros(1), path)


def nothing(path):
    torch.save({}, path)


def without_weights(path):
    torch.save(dict(genuine(), state_dict=None), path)


def list_of_weights(path):
    weights = list(genuine()['state_dict'].values())
    torch.save(dict(genuine(), state_dict=weights), path)


def empty_weights(path):
    torch.save(dict(genuine(), state_dict={}), path)


def numbered_weights(path):
    weights = dict(enumerate(genuine()['state_dict'].values()))
    torch.save(dict(genuine(), state_dict=weights), path)


def numbered_only(path):
    torch.save(dict(enumerate(genuine()['state_dict'].values())), path)


def arrays(path):
    weights = {k: v.numpy() for k, v in genuine()['state_dict'].items()}
    torch.save(dict(genuine(), state_dict=weights), path)


def nested(path):
    content = genuine()
    for _ in range(99):
        content = dict(state_dict=content)
    torch.save(content, path)


def impossible_sizes(path):
    content = genuine()
    (name, *_), weights = list(content['state_dict']), content['state_dict']
    weights[name] = torch.zeros(1).expand(10**6, 10**6)
    torch.save(content, path)


def code(path):
    torch.save(dict(genuine(), hook=print), path)


def other_model(path):
    content = genuine()
    content['state_dict'] = torch.nn.Linear(2, 2).state_dict()
    torch.save(content, path)


def other_shape(path):
    content = genuine()
    content['state_dict']['backbone.conv1.weight'] = torch.zeros(8, 3, 3, 3)
    torch.save(content, path)


def not_a_number(path):
    content = genuine()
    for value in content['state_dict'].values():
        value.fill_(float('nan') if value.is_floating_point() else 0)
    torch.save(content, path)


KINDS = [
    missing,
    empty,
    text,
    folder,
    pipe,
    truncated,
    truncated_legacy,
    tar,
    other_archive,
    torchscript,
    a_list,
    a_tensor,
    nothing,
    without_weights,
    list_of_weights,
    empty_weights,
    numbered_weights,
    numbered_only,
    arrays,
    nested,
    impossible_sizes,
    code,
    other_model,
    other_shape,
    not_a_number,
]

# -- doors: each takes the checkpoint's path and what else it needs


class Files:
    """What the doors need besides a checkpoint."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / 'config.py'
        self.config.write_text(
            f"_base_ = '{CONFIG}'\nmodel = {dict(PREDICTOR, _delete_=True)}\n"
        )
        self.image = folder / 'cell.png'
        Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(self.image)


def run_script(name, *words):
    """Run a tool's ``main`` in this process."""
    load_tool(name).main([str(word) for word in words])


def inferencer(path, files):
    WBCInferencer(str(files.config), path)


def predict_command(path, files):
    predict.main(
        [str(files.image), '--config', str(files.config), '--checkpoint', path]
    )


def trained_classifier(path, files):
    """What cross_dataset.py and robustness.py take."""
    TrainedClassifier(str(files.config), path, device='cpu')


def pseudo_labels(path, files):
    cfg = Config.fromfile(files.config)
    pseudo_label(
        cfg, path, str(files.folder / 'x.json'), cfg.test_dataloader.dataset
    )


def pseudo_label_command(path, files):
    words = (files.config, path, '--dataset', files.config)
    out = files.folder / 'y.json'
    run_script('pseudo_label.py', *words, '--out', out)


def cross_dataset(path, files):
    words = (files.config, path, '--home', '--out-dir', files.folder)
    run_script('analysis_tools/cross_dataset.py', *words)


def robustness(path, files):
    words = (files.config, path, '--out-dir', files.folder)
    run_script('analysis_tools/robustness.py', *words)


def calibrate_map(path, files):
    out = files.folder / 'out.pth'
    run_script(
        'analysis_tools/calibrate_map.py', files.config, path, '--out', out
    )


def average_models(path, files):
    words = (files.config, path, path, '--out', files.folder / 'out.pth')
    run_script('model_converters/average_models.py', *words)


def explain(path, files):
    words = (files.config, path, files.image, '--out-dir', files.folder)
    run_script('analysis_tools/explain.py', *words)


def publish_model(path, files):
    out = files.folder / 'out.pth'
    run_script(
        'model_converters/publish_model.py', files.config, path, '--out', out
    )


def benchmark_pseudo_labelling(path, files):
    words = (
        '--config',
        files.config,
        '--checkpoint',
        path,
        '--num-images',
        '4',
    )
    run_script('analysis_tools/benchmark_pseudo_labelling.py', *words)


def convert_epsanet(path, files):
    out = files.folder / 'out.pth'
    run_script('model_converters/epsanet_to_mmpretrain.py', path, out)


@functools.cache
def build_runner(files, **options):
    """Build one for all checkpoints: building takes the longest."""
    cfg = tiny_config(files.folder / 'run', load_from='x.pth', **options)
    cfg.model = dict(PREDICTOR)
    return Runner.from_cfg(cfg)


def runner(path, files, **options):
    found = build_runner(files, **options)
    found._load_from = path
    return found


def test_of_a_config(path, files):
    runner(path, files).test()


test_of_a_config.__test__ = False


def training(path, files):
    runner(path, files, resume=False).train()


def resumed_training(path, files):
    runner(path, files, resume=True).train()


def map_of_a_daffnet(path, files):
    init_cfg = dict(type='Pretrained', checkpoint=path)
    predictor = dict(PREDICTOR, init_cfg=init_cfg)
    MODELS.build(dict(type='MFE', predictor=predictor)).init_weights()


def backbone(path, files):
    MODELS.build(
        dict(
            type='EPSAResNet',
            depth=18,
            stem_channels=8,
            base_channels=8,
            init_cfg=dict(type='Pretrained', checkpoint=path),
        )
    ).init_weights()


def mmpretrain_model(path, files):
    mmpretrain.get_model(str(files.config), pretrained=path)


def mmpretrain_backbone(path, files):
    init_cfg = dict(type='Pretrained', checkpoint=path)
    MODELS.build(dict(PREDICTOR['backbone'], init_cfg=init_cfg)).init_weights()


def mmengine_weights(path, files):
    """What a program of the user's calls."""
    load_checkpoint(build_model(), path, map_location='cpu')


DOORS = [
    inferencer,
    predict_command,
    trained_classifier,
    pseudo_labels,
    pseudo_label_command,
    cross_dataset,
    robustness,
    average_models,
    calibrate_map,
    explain,
    publish_model,
    benchmark_pseudo_labelling,
    convert_epsanet,
    test_of_a_config,
    training,
    resumed_training,
    map_of_a_daffnet,
    backbone,
]
#: MMEngine's and MMPretrain's own, which take what fits of other weights, with
#: a warning.
FOREIGN_DOORS = [mmpretrain_model, mmpretrain_backbone, mmengine_weights]
WITHOUT_FIT = (nothing, other_model, other_shape, not_a_number)


@pytest.fixture(scope='module')
def damaged(tmp_path_factory):
    """One file of each kind."""
    folder = tmp_path_factory.mktemp('damaged')
    for kind in KINDS:
        kind(folder / f'{kind.__name__}.pth')
    return folder


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    return Files(tmp_path_factory.mktemp('files'))


def sentence_of(door, path, files, capsys):
    """Go through a door; gives what is said."""
    capsys.readouterr()
    with pytest.raises((InputError, FileNotFoundError, SystemExit)) as caught:
        door(path, files)
    if isinstance(caught.value, SystemExit):
        assert caught.value.code == 2
        return capsys.readouterr().err.strip().splitlines()[-1]
    return str(caught.value)


@pytest.mark.parametrize(
    ('door', 'kind'),
    [
        pytest.param(door, kind, id=f'{door.__name__}-{kind.__name__}')
        for door in (*DOORS, *FOREIGN_DOORS)
        for kind in KINDS
        if door in DOORS or kind not in WITHOUT_FIT
    ],
)
def test_one_sentence(damaged, files, capsys, door, kind):
    path = str(damaged / f'{kind.__name__}.pth')
    sentence = sentence_of(door, path, files, capsys)
    assert path in sentence
    assert '\n' not in sentence and 'Traceback' not in sentence
    assert 'weights_only' not in sentence
    assert len(sentence) < 450 + len(path)


def test_a_whole_one_passes(files, tmp_path, capsys):
    path = str(tmp_path / 'whole.pth')
    torch.save(genuine(), path)
    inferencer(path, files)
    trained_classifier(path, files)
    map_of_a_daffnet(path, files)
    mmpretrain_model(path, files)
    publish_model(path, files)
    test_of_a_config(path, files)
