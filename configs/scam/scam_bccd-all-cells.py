# Chen et al. 2022 on BCCD with all cells of a field, where the paper has one.
# How many cells there are is logged when the data are read.
_base_ = './scam_bccd.py'
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        cells='all',
        split_file='{{$BCCD_CUT_ALL_SPLIT_FILE:data/splits/bccd_cut_all.csv}}',
    )
)
