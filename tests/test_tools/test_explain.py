import numpy as np
import pytest
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from PIL import Image
from tiny_run import CONFIG, PREDICTOR, daffnet_model
from tool_process import run_tool

from daffnet_lite.fileio.leftovers import temporary_name
from daffnet_lite.structures import WBC5_CLASSES

pytest.importorskip('pytorch_grad_cam')
TOOL = 'analysis_tools/explain.py'


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    """A config, a checkpoint and two images of one name."""
    folder = tmp_path_factory.mktemp('explain')
    config = folder / 'config.py'
    config.write_text(
        f"_base_ = '{CONFIG}'\nmodel = {dict(PREDICTOR, _delete_=True)}\n"
    )
    cfg = Config.fromfile(config)
    model = MODELS.build(cfg.model)
    path = folder / 'model.pth'
    torch.save(
        dict(
            meta=dict(dataset_meta=dict(classes=WBC5_CLASSES)),
            state_dict=model.state_dict(),
        ),
        path,
    )
    rng = np.random.default_rng(0)
    images = []
    for name in ('a', 'b'):
        (folder / name).mkdir()
        images.append(folder / name / 'cell.png')
        Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(
            images[-1]
        )
    return config, path, images


def test_figures(files, tmp_path):
    config, path, images = files
    out = tmp_path / 'figures'
    out.mkdir()
    left = temporary_name(out / 'cell.png')
    left.touch()
    status, output = run_tool(
        TOOL,
        config,
        path,
        *images,
        '--targets',
        'granularity',
        '--out-dir',
        out,
        log=tmp_path / 'log',
    )
    assert status == 0, output
    # what a killed run had left
    assert not left.exists() and not (out / '.lock').exists()
    assert (out / 'a' / 'cell.png').is_file()
    assert (out / 'b' / 'cell.png').is_file()
    status, output = run_tool(
        TOOL,
        config,
        path,
        images[0],
        '--out-dir',
        tmp_path,
        log=tmp_path / 'log',
    )
    assert status == 0, output
    # twelve targets in three rows of four beside the image
    width, height = Image.open(tmp_path / 'cell.png').size
    assert width / height == pytest.approx(5 * 2.2 / (3 * 2.5), rel=0.01)
    status, output = run_tool(
        TOOL,
        config,
        path,
        images[0],
        '--targets',
        'granule_type=coarse',
        'cell_type',
        '--layers',
        'backbone.layer2',
        'backbone.layer3',
        '--out-dir',
        out,
        log=tmp_path / 'log',
    )
    assert status == 0, output
    assert (out / 'cell.png').is_file()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (
            ['--targets', 'granules'],
            'predicts no granules; it predicts cell_',
        ),
        (
            ['--targets', 'granularity=maybe'],
            "granularity has no value 'maybe'; its values are no, yes",
        ),
        (['--layers', 'layer4'], "the model has no layer 'layer4'; near are"),
    ],
)
def test_bad_input(files, tmp_path, options, message):
    config, path, images = files
    status, output = run_tool(
        TOOL,
        config,
        path,
        images[0],
        *options,
        '--out-dir',
        tmp_path,
        log=tmp_path / 'log',
    )
    assert status == 2, output
    sentence = output.splitlines()[-1]
    assert sentence.startswith('error: ') and message in sentence
    assert not list(tmp_path.glob('*.png'))


def test_a_figure_for_each_image_that_can_be_read(files, tmp_path):
    """Whatever its name, and whatever is wrong with another one."""
    config, path, images = files
    folder = tmp_path / 'cells'
    folder.mkdir()
    with Image.open(images[0]) as image:
        image.save(folder / 'cell.png')
        image.save(folder / 'cell.jpg')
    (folder / 'broken.png').touch()
    (folder / 'slide.svs').touch()
    status, output = run_tool(
        TOOL,
        config,
        path,
        folder,
        '--targets',
        'granularity',
        '--out-dir',
        tmp_path / 'out',
        log=tmp_path / 'log',
    )
    assert status == 1, output
    written = sorted(path.name for path in (tmp_path / 'out').iterdir())
    assert written == ['cell.jpg.png', 'cell.png.png']
    assert 'broken.png cannot be read (the file is empty)' in output
    assert 'skip_broken' not in output and 'Traceback' not in output
    assert output.count('1 .svs (first ') == 1


def test_a_missing_image(files, tmp_path):
    config, path, _ = files
    status, output = run_tool(
        TOOL,
        config,
        path,
        'nothing.png',
        '--out-dir',
        tmp_path,
        log=tmp_path / 'log',
    )
    assert status == 2, output
    assert 'nothing.png gives no image' in output


def test_attributes_stand_below(files, tmp_path):
    """Of a DAFFNet, and of a cell type."""
    _, _, images = files
    config = tmp_path / 'config.py'
    config.write_text(f"_base_ = '{CONFIG}'\nmodel = {daffnet_model()}\n")
    model = MODELS.build(Config.fromfile(config).model)
    path = tmp_path / 'model.pth'
    meta = dict(dataset_meta=dict(classes=WBC5_CLASSES))
    torch.save(dict(meta=meta, state_dict=model.state_dict()), path)
    heights = []
    for targets in (['granularity'], ['cell_type'], ['cell_type=monocyte']):
        status, output = run_tool(
            TOOL,
            config,
            path,
            images[0],
            '--targets',
            *targets,
            '--out-dir',
            tmp_path / 'figures',
            log=tmp_path / 'log',
        )
        assert status == 0, output
        with Image.open(tmp_path / 'figures' / 'cell.png') as figure:
            heights.append(figure.height)
    assert heights == pytest.approx([300, 600, 600], abs=2)
