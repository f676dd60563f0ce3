# Stage 1 of the shipped model: WBCAtt's published split, 40 epochs from
# what the network learned on synthetic cells.
_base_ = [
    '../_base_/datasets/tiny_wbcatt_official.py',
    '../_base_/models/map_tiny.py',
    '../_base_/schedules/tiny_40e.py',
    '../_base_/recipes/tiny.py',
]
default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
# Where the CPU has no instructions for it, float32.
optim_wrapper = dict(type='mmpretrain.BFloat16OptimWrapper')
# Half of the batches are mixed, with their attributes; see README.md for what
# this and the smoothing are worth.
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(
    init_cfg=dict(
        type='Pretrained',
        checkpoint='work_dirs/map-tiny_synthetic-pretrain/best.pth'),
    train_cfg=dict(augments=[dict(type='CutMix', alpha=1.)], probs=[0.5]),
    head=dict(
        loss=dict(
            type='DSLLoss',
            # How often two annotators disagree on each attribute
            # (tools/analysis_tools/annotator_agreement.py).
            label_smoothing=[
                0.103, 0.0405, 0.0878, 0.022, 0.0321, 0.0084, 0.0557, 0.0456,
                0.0017, 0.0135, 0.
            ])))
