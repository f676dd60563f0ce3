# Chen et al. 2022 on BCCD with all cells of a field, where the paper has one.
# How many cells there are is logged when the data are read.
_base_ = [
    '../_base_/datasets/scam_bccd.py',
    '../_base_/models/dual_res_densenet.py',
    '../_base_/schedules/radam_100e.py',
]
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        cells='all',
        split_file='{{$BCCD_CUT_ALL_SPLIT_FILE:data/splits/bccd_cut_all.csv}}',
    )
)
model = dict(head=dict(num_classes=_base_.num_classes))
