"""The model index names what there is, with the figures that it has."""

import copy
from pathlib import Path

import pytest
from config_files import build, count, without_checkpoints
from config_files import load as load_config
from mmengine.analysis import get_model_complexity_info
from mmengine.logging import MMLogger
from mmpretrain.apis import ModelHub, get_model, list_models
from mmpretrain.registry import MODELS
from modelindex.load_model_index import load

from daffnet_mm.apis.shipped_model import SHIPPED_CONFIG

REPOSITORY = Path(__file__).resolve().parents[2]
INDEX = load(str(REPOSITORY / 'model-index.yml'))
INDEX.build_models_with_collections()
MODELS_LISTED = list(INDEX.models)


def test_the_index_lists_every_metafile():
    files = {
        path.relative_to(REPOSITORY).as_posix()
        for path in REPOSITORY.glob('configs/**/metafile.yml')
    }
    lines = (REPOSITORY / 'model-index.yml').read_text().splitlines()
    assert files and lines[0] == 'Import:'
    assert lines[1:] and sorted(lines[1:]) == sorted(
        f'  - {name}' for name in files
    )


def test_names_configs_and_collections():
    names = [model.name.lower() for model in MODELS_LISTED]
    configs = [model.config for model in MODELS_LISTED]
    assert len(set(names)) == len(names)
    assert len(set(configs)) == len(configs)
    collections = {collection.name for collection in INDEX.collections}
    for model in MODELS_LISTED:
        path = Path(model.config)
        assert path.parts[0] == 'configs' and '_base_' not in path.parts
        assert (REPOSITORY / path).is_file(), model.config
        assert model.in_collection in collections
        assert model.metadata.data['Training Data']
        assert isinstance(model.metadata.data['FLOPs'], int)
    for collection in INDEX.collections:
        assert collection.paper['Title']
        assert collection.paper['URL'].startswith('https://')
        assert (REPOSITORY / collection.readme).is_file()
        if collection.code:
            assert (REPOSITORY / collection.code['URL']).is_file()


def test_the_configs_of_the_papers_are_listed():
    listed = {model.config for model in MODELS_LISTED}
    stages = {
        f'configs/daffnet/{name}.py'
        for name in (
            'map_wbcatt',
            'map_wbcatt_official',
            'map_ssl',
            'map-tiny_wbcatt',
            'map-tiny_ssl',
            'daffnet-tiny_pbc5',
        )
    }
    assert stages <= listed
    for pattern in (
        'daffnet/daffnet_*.py',
        'daffnet/ablation/*_pbc.py',
        'scam/scam_*.py',
        'peers/*.py',
    ):
        paths = {
            path.relative_to(REPOSITORY).as_posix()
            for path in (REPOSITORY / 'configs').glob(pattern)
        }
        assert paths and paths <= listed


def test_weights_are_addresses_or_the_file_says_why_there_are_none():
    """`mim download` fetches them; the package's own lie in the package."""
    for model in MODELS_LISTED:
        assert (model.weights or 'https://').startswith('https://')
    text = (REPOSITORY / 'configs' / 'daffnet' / 'metafile.yml').read_text()
    assert 'nothing is hosted' in ' '.join(text.replace('#', '').split())
    listed = {model.config for model in MODELS_LISTED}
    assert SHIPPED_CONFIG.removeprefix('.mim/') in listed


@pytest.mark.parametrize(
    'model', MODELS_LISTED, ids=[model.name for model in MODELS_LISTED]
)
def test_parameters(model):
    name = model.config.removeprefix('configs/')
    cfg, listed = load_config(name), model.metadata.data
    assert listed['Parameters'] == count(build(name))
    assert listed['Epochs'] == cfg.train_cfg.max_epochs
    assert listed['Batch Size'] == cfg.train_dataloader.batch_size


@pytest.mark.parametrize(
    'name',
    [
        'daffnet_pbc',
        'daffnet-tiny_pbc5',
        'daffnet-lite_laboratories',
        'epsa-sa-tiny_pbc5',
        'scam_tiny_pbc5',
    ],
)
def test_flops(name):
    """What MMEngine counts: neither tiles nor a gate of our own hide any."""
    (model,) = (m for m in MODELS_LISTED if m.name == name)
    cfg = load_config(model.config.removeprefix('configs/'))
    network = MODELS.build(
        dict(
            without_checkpoints(cfg.model.to_dict()),
            data_preprocessor=copy.deepcopy(cfg.data_preprocessor),
        )
    ).eval()
    listed = model.metadata.data
    MMLogger.get_current_instance().setLevel('ERROR')
    counted = get_model_complexity_info(
        network,
        (3, listed['Input Size'], listed['Input Size']),
        show_table=False,
        show_arch=False,
    )
    assert counted['flops'] == listed['FLOPs']


def test_mmpretrain_finds_them_by_name():
    """Beside its own models, whose names are others."""
    names = {model.name.lower() for model in MODELS_LISTED}
    assert names < set(list_models())
    for name in names:
        path = ModelHub._models_dict[name].config
        assert Path(path).is_relative_to(REPOSITORY)
        assert Path(path).is_file()
    assert names < set(list_models(task='Image Classification'))
    model = get_model('daffnet-tiny_pbc5')
    assert type(model).__name__ == 'DAFFNet'
