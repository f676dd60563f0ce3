# PBC, eight classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# PBC_ROOT (the unzipped PBC_dataset_normal_DIB) and PBC_SPLIT_FILE, which is
# written at the first run, and shared by all three stages.
_base_ = './cells_224.py'
num_classes = 8
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='PBC',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
