# Chen et al. 2022 on LDWBC (Tables 4 to 10 and 12).
_base_ = [
    '../_base_/datasets/scam_ldwbc.py',
    '../_base_/models/dual_res_densenet.py',
    '../_base_/schedules/radam_100e.py',
]
model = dict(head=dict(num_classes=_base_.num_classes))
