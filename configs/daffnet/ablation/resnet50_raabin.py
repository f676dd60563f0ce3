# Table 4, row 1, on Raabin-WBC: ResNet50.
_base_ = [
    '../../_base_/datasets/raabin.py',
    '../../_base_/models/resnet50.py',
    '../../_base_/schedules/adam_100e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
