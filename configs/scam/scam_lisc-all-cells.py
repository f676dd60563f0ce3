# Chen et al. 2022 on LISC with all cells of a field, where the paper has one.
# The fields, of which some show several cells of one type, stay whole in the
# parts; how many cells there are is logged when the data are read.
_base_ = [
    '../_base_/datasets/scam_lisc.py',
    '../_base_/models/dual_res_densenet.py',
    '../_base_/schedules/radam_100e.py',
]
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        cells='all',
        split_file='{{$LISC_CUT_ALL_SPLIT_FILE:data/splits/lisc_cut_all.csv}}',
    )
)
model = dict(head=dict(num_classes=_base_.num_classes))
