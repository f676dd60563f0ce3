# PBC's eight classes, which Chen et al. do not have, in their way.
_base_ = './cells_scam.py'
num_classes = 8
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='PBC',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
