# Chen et al. 2022 on PBC's eight classes, which the paper does not have.
_base_ = [
    '../_base_/datasets/scam_pbc.py',
    '../_base_/models/dual_res_densenet.py',
    '../_base_/schedules/radam_100e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
