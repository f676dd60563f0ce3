"""Any experiment at a size for CPUs, all of its rows by the same rule."""

import copy
from pathlib import Path

from mmengine import Config

from daffnet_mm.utils.dataset_configs import innermost

from .map_experiments import set_epochs, set_image_size
from .methods import MAP_METHODS

#: Size of the images in pixels.
IMAGE_SIZE = 64
#: Epochs of every training, one of them to warm up.
EPOCHS = 6
#: Share of each class's training images.
FRACTION = 1.0

_FROM_SCRATCH = [
    dict(type='Kaiming', layer=['Conv2d']),
    dict(type='Constant', val=1, layer=['_BatchNorm']),
]
_DENSENET = dict(growth_rate=16, depths=[2, 4, 6, 4], init_channels=32)
_VIT = dict(
    embed_dims=128, num_layers=4, num_heads=4, feedforward_channels=512
)
_RESNET_CHANNELS = 32
_MAP_CHANNELS = 40
_FUSED_CHANNELS = 64
#: MMPretrain's Inception v3 needs 75.
_INCEPTION_SIZE = 80


def make_tiny(
    cfg: Config,
    configs: Path,
    method: str,
    dataset: str,
    image_size: int = IMAGE_SIZE,
    epochs: int = EPOCHS,
) -> None:
    """Turn the config of a run into one for CPUs.

    Data, splits, losses, mixup, samplers and the parts that an ablation is
    about stay; image size, schedule, precision and the size of the networks
    change, by one rule for all rows: ResNets become a ResNet18 of half the
    width, DenseNets one of 16 layers, nothing comes from ImageNet, and hence
    nothing is frozen.

    Args:
        cfg (Config): The config, changed in place.
        configs (Path): The project's folder of configs.
        method (str): The method.
        dataset (str): The dataset.
        image_size (int): Size of the images in pixels. Defaults to
            :data:`IMAGE_SIZE`.
        epochs (int): Epochs. Defaults to :data:`EPOCHS`.
    """
    if method not in MAP_METHODS:
        base = configs / '_base_'
        _set_schedule(cfg, base)
        _set_data(cfg, base, dataset)
        _shrink_model(cfg.model, image_size)
    set_image_size(cfg, image_size)
    set_epochs(cfg, epochs)
    if cfg.model.backbone.type == 'InceptionV3':
        _enlarge(cfg, max(image_size, _INCEPTION_SIZE))


def _set_schedule(cfg: Config, base: Path) -> None:
    schedule = Config.fromfile(base / 'schedules' / 'tiny_12e.py')
    recipe = Config.fromfile(base / 'recipes' / 'tiny.py')
    for source, keys in (
        (
            schedule,
            ('optim_wrapper', 'param_scheduler', 'train_cfg', 'auto_scale_lr'),
        ),
        (recipe, ('default_hooks', 'model_wrapper_cfg')),
    ):
        for key in keys:
            cfg[key] = copy.deepcopy(source[key])


def _set_data(cfg: Config, base: Path, dataset: str) -> None:
    synthetic = dataset == 'synthetic'
    source = Config.fromfile(
        base / 'datasets' / ('synthetic.py' if synthetic else 'tiny_pbc5.py')
    )
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        loader, small = cfg[name], source[name]
        for key in ('batch_size', 'num_workers', 'pin_memory'):
            loader[key] = small[key]
        if synthetic:
            loader['dataset'] = copy.deepcopy(small.dataset)
        else:
            for inner in innermost(loader.dataset):
                inner['pipeline'] = copy.deepcopy(small.dataset.pipeline)


def _shrink_model(model: dict, image_size: int) -> None:
    channels = _shrink_backbone(model.backbone, image_size)
    if 'in_channels' in model.head:
        model.head['in_channels'] = channels
    if 'mid_channels' in model.head:
        model.head['mid_channels'] = [_FUSED_CHANNELS]
    model.head.pop('init_cfg', None)
    if model.get('neck') and model.neck.type == 'MFE':
        predictor = model.neck.predictor
        _shrink_resnet(predictor.backbone, _MAP_CHANNELS)
        predictor.head['in_channels'] = 8 * _MAP_CHANNELS


def _shrink_backbone(backbone: dict, image_size: int) -> int | None:
    """Shrink a backbone; gives the number of its channels."""
    kind = backbone.type
    backbone.pop('init_cfg', None)
    if kind in ('ResNet', 'EPSAResNet'):
        _shrink_resnet(backbone, _RESNET_CHANNELS)
        return 8 * _RESNET_CHANNELS
    if kind == 'DenseNet':
        backbone.update(arch=dict(_DENSENET), init_cfg=_FROM_SCRATCH)
        return _densenet_channels(len(_DENSENET['depths']))
    if kind == 'DualResDenseNet':
        return _shrink_dual(backbone)
    if kind == 'VGG':
        # Without ImageNet weights, VGG learns with normalisation only.
        backbone.update(depth=11, norm_cfg=dict(type='BN'))
        return 512
    if kind == 'VisionTransformer':
        backbone.update(
            arch=dict(_VIT), img_size=image_size, patch_size=8, drop_rate=0.0
        )
        return _VIT['embed_dims']
    # Inception v3 has one size, and its classifier inside.
    return None


def _shrink_resnet(resnet: dict, channels: int) -> None:
    resnet.pop('init_cfg', None)
    resnet.update(depth=18, base_channels=channels, stem_channels=channels)


def _shrink_dual(backbone: dict) -> int:
    """The network of Chen et al., as in dual_res_densenet_tiny.py."""
    if backbone.get('resnet'):
        _shrink_resnet(backbone.resnet, _RESNET_CHANNELS)
        backbone.resnet['init_cfg'] = _FROM_SCRATCH
    stages = 3
    if backbone.get('densenet'):
        backbone.densenet.update(
            arch=dict(_DENSENET, depths=_DENSENET['depths'][:stages]),
            init_cfg=_FROM_SCRATCH,
        )
    backbone.update(
        in_channels=dict(
            resnet=4 * _RESNET_CHANNELS, densenet=_densenet_channels(stages)
        ),
        channels=_FUSED_CHANNELS,
    )
    concatenated = backbone.get('fusion') == 'concat'
    return _FUSED_CHANNELS * (2 if concatenated else 1)


def _densenet_channels(stages: int) -> int:
    channels = _DENSENET['init_channels']
    for number, depth in enumerate(_DENSENET['depths'][:stages]):
        if number:
            # A transition halves them.
            channels //= 2
        channels += depth * _DENSENET['growth_rate']
    return channels


def _enlarge(cfg: Config, size: int) -> None:
    """Show a network the same small images, enlarged."""
    for part in ('train', 'val', 'test'):
        for dataset in innermost(cfg[f'{part}_dataloader'].dataset):
            # Behind all else, before the images are packed.
            dataset['pipeline'] = [
                *dataset['pipeline'][:-1],
                dict(type='Resize', scale=(size, size)),
                dataset['pipeline'][-1],
            ]
