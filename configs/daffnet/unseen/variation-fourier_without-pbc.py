# As variation_without-pbc.py, and images of a batch get each other's
# amplitudes, half of the time.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(train_cfg=dict(augments=[dict(type='FourierMix')], probs=[0.5]))
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    *_base_.other_laboratories,
    *_base_.pack,
]
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=train_pipeline))
train_cfg = dict(val_interval=16)
