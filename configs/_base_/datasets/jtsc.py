# JTSC, up to five classes, 6:2:2: not one of the paper's datasets, but small
# and with masks. Environment variables move the data: JTSC_ROOT (the folder of
# segmentation_WBC) and JTSC_SPLIT_FILE.
_base_ = './cells_224.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='JTSC',
        data_root='{{$JTSC_ROOT:data/segmentation_WBC}}',
        split_file='{{$JTSC_SPLIT_FILE:data/splits/jtsc.csv}}',
    )
)
