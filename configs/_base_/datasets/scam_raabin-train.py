# The Train part of Raabin-WBC, five classes, in Chen et al.'s way but for its
# test part, a fifth of these cells.
_base_ = './cells_scam.py'
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='RaabinWBC',
        data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
        subsets=('Train',),
        split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin_train.csv}}',
    )
)
