# LDWBC as Chen et al. take it.
_base_ = './cells_scam.py'
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LDWBC',
        data_root='{{$LDWBC_ROOT:data/LDWBC}}',
        split_file='{{$LDWBC_SPLIT_FILE:data/splits/ldwbc.csv}}',
    )
)
