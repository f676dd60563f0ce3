# Chen et al. 2022 on BCCD, four classes (Tables 11 and 12).
_base_ = [
    '../_base_/datasets/scam_bccd.py',
    '../_base_/models/dual_res_densenet.py',
    '../_base_/schedules/radam_100e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
