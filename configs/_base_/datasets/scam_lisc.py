# LISC as Chen et al. take it: cut by its masks, one cell a field (242; 145, 48
# and 49 in the parts). `daffnet crop` cuts the
# release, and LISC_CUT_ROOT names the folder.
_base_ = './cells_scam.py'
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LISC',
        data_root='{{$LISC_CUT_ROOT:data/LISC_cut}}',
        cells='largest',
        split_file='{{$LISC_CUT_SPLIT_FILE:data/splits/lisc_cut.csv}}',
    )
)
