# Stain, lamp, camera and focus vary, and the noise has grains of up to six
# pixels, which are not to be taken for a cell's granules.
_base_ = [
    '../../_base_/datasets/cells_laboratories.py',
    '../../_base_/models/lite_classifier.py',
    '../../_base_/schedules/lite_16e.py',
]
train_pipeline = [
    *_base_.view,
    *_base_.symmetries,
    *_base_.other_laboratories[:-1],
    dict(
        type='RandomGaussianNoise',
        std=(0.0, 16.0),
        prob=0.8,
        grain=(1.0, 6.0),
        grey=0.5,
    ),
    *_base_.pack,
]
train_dataloader = dict(batch_size=32, dataset=dict(pipeline=train_pipeline))
train_cfg = dict(val_interval=16)
