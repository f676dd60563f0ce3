# Chen et al.'s network for CPUs, on PBC's five white blood cell classes at 96
# px.
_base_ = [
    '../_base_/datasets/tiny_scam_pbc5.py',
    '../_base_/models/tiny_dual_res_densenet.py',
    '../_base_/schedules/tiny_18e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
train_cfg = dict(max_epochs=12)
param_scheduler = [_base_.warm_up, dict(_base_.decay, end=12)]
