# Images of a batch get each other's amplitudes, half of the time.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
data_preprocessor = dict(type='MixingDataPreprocessor')
model = dict(train_cfg=dict(augments=[dict(type='FourierMix')], probs=[0.5]))
train_dataloader = dict(batch_size=32)
train_cfg = dict(val_interval=16)
