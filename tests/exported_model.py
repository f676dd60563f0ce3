"""A small DAFFNet that nobody trained, with all it may carry, exported."""

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from smears import smear
from tiny_run import daffnet_model

from daffnet_lite.profiles import KnownLaboratories, home_profile
from daffnet_lite.review import OpenSet, ReviewRule, look_at
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.laboratories_of_checkpoint import LABORATORIES
from daffnet_mm.apis.review_of_checkpoint import keep_review

PIPELINE = [
    dict(type='LoadCellImage', min_edge=48),
    dict(type='ApplyProfile', share=0.66),
    dict(type='ResizeEdge', scale=32, edge='short'),
    dict(type='CenterCrop', crop_size=32),
    dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
]
#: The laboratory that has taught it: with paler nuclei than the painted cells.
ANOTHER = replace(
    home_profile(),
    colours=replace(home_profile().colours, nuclei=(0.3, 0.6, 0.4)),
)
MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]


def write_cells(folder, seeds):
    """Painted cells of a laboratory with red cells of 42 pixels."""
    folder.mkdir()
    for seed in seeds:
        image = smear(seed, red_cell=42, side=200)
        cv2.imwrite(str(folder / f'{seed:02}.png'), image)
    return sorted(map(str, folder.glob('*.png')))


def decide_by_differences(network, paths):
    """Let a random network answer differently to cells that are alike."""
    images = [
        cv2.resize(cv2.imread(path)[34:166, 34:166], (32, 32))
        for path in paths
    ]
    pixels = np.stack(images)[..., ::-1].transpose(0, 3, 1, 2)
    inputs = torch.from_numpy(
        (pixels - np.reshape(MEAN, (3, 1, 1))) / np.reshape(STD, (3, 1, 1))
    ).float()
    predictor = network.eval().neck.predictor
    with torch.no_grad():
        features = predictor.head.pre_logits(predictor.extract_feat(inputs))
        centre(predictor.head.fc_attributes, features)
        centre(
            network.head.classifier, network.extract_feat(inputs, 'pre_logits')
        )


def centre(layer, features):
    """Scale a layer so that it is sure of some, and not of all."""
    layer.weight.data *= 3 / (features @ layer.weight.T).std(0).mean()
    layer.bias.data = -(features @ layer.weight.T).mean(0)


def write_model(folder, paths, pipeline=PIPELINE, **head):
    """Its config and checkpoint, without a rule; gives both files."""
    model = daffnet_model()
    model.pop('_delete_')
    model['neck']['predictor']['head'].update(head)
    cfg = Config(
        dict(
            default_scope='mmpretrain',
            custom_imports=dict(
                imports=['daffnet_mm'], allow_failed_imports=False
            ),
            model=model,
            data_preprocessor=dict(mean=MEAN, std=STD, to_rgb=True),
            test_dataloader=dict(dataset=dict(type='PBC', pipeline=pipeline)),
        )
    )
    cfg.dump(folder / 'config.py')
    torch.manual_seed(0)
    network = MODELS.build(cfg.model)
    decide_by_differences(network, paths)
    torch.save(
        dict(
            meta=dict(
                dataset_meta=dict(classes=WBC5_CLASSES),
                temperatures=dict(cell_size=1.5),
            ),
            state_dict=network.state_dict(),
        ),
        folder / 'plain.pth',
    )
    return folder / 'config.py', folder / 'plain.pth'


def fit_rule(config, checkpoint, paths, out):
    """Fit a rule to some cells, and write the checkpoint with it."""
    inferencer = WBCInferencer(
        str(config), str(checkpoint), device='cpu', profile='none'
    )
    features, _ = inferencer.features(paths)
    answers = inferencer(paths)
    views = [look_at(cv2.imread(path)) for path in paths]
    labels = np.arange(len(paths)) % len(WBC5_CLASSES)
    rule = ReviewRule.fit(
        OpenSet.fit(features, labels, dict(other=features[:4] + 1)),
        views,
        np.array([answer['pred_score'] for answer in answers]),
        features,
        share=0.3,
    )
    content = torch.load(checkpoint, weights_only=True)
    keep_review(rule, [], content['meta'])
    known = KnownLaboratories(dict(another=ANOTHER), 2.5)
    content['meta'][LABORATORIES] = known.to_dict()
    torch.save(content, out)
    return out


def export_small(folder):
    """Make the model, its exported file and painted cells."""
    from daffnet_mm.apis.onnx import export_onnx

    cells = write_cells(folder / 'cells', range(34))
    # Others: a limit is the value of one of them, to the last digit.
    fitted = write_cells(folder / 'fitted', range(50, 70))
    config, plain = write_model(folder, fitted)
    checkpoint = fit_rule(config, plain, fitted, folder / 'best.pth')
    onnx = folder / 'small.onnx'
    return SimpleNamespace(
        config=str(config),
        checkpoint=str(checkpoint),
        path=str(onnx),
        cells=cells,
        report=export_onnx(onnx, config, str(checkpoint), images=cells),
    )
