# Beside the tables: what comes from ImageNet stays frozen to the end.
_base_ = [
    '../../_base_/datasets/scam_ldwbc.py',
    '../../_base_/models/dual_res_densenet.py',
    '../../_base_/schedules/radam_100e.py',
]
work_dir = 'work_dirs/scam_{{ fileBasenameNoExtension }}'
model = dict(head=dict(num_classes=_base_.num_classes))
default_hooks = dict(
    freeze=dict(
        type='FreezePretrainedHook',
        epochs=100,
        layers=[r'backbone\.branches\.'],
    )
)
