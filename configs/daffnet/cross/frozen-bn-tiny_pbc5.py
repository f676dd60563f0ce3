# Batch normalisation whose statistics stand still in the last six epochs: the
# network learns with those that it is tested with.
_base_ = [
    '../../_base_/datasets/tiny64_pbc5.py',
    '../../_base_/models/tiny_resnet50.py',
    '../../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
custom_hooks = [dict(type='FreezeBatchNormHook', begin=12)]
