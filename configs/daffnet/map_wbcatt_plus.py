# Stage 1 beyond the paper: what helped the small model (README.md, "MAP beyond
# the paper"), at full size. No one has trained it at this size yet.
_base_ = './map_wbcatt.py'

# The eight symmetries of the square leave all attributes as they are.
train_pipeline = [
    *_base_.train_pipeline[:-1],
    dict(type='RandomFlip', prob=0.5),
    dict(type='RandomQuarterTurn'),
    _base_.train_pipeline[-1],
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
# Half of the batches are mixed, with their attributes.
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(
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
