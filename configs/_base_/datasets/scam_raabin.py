# Raabin-WBC as Chen et al. take it: its own test part; the training part is
# split 3:1.
_base_ = './cells_scam.py'
num_classes = 5
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='RaabinWBC',
        data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
        subsets=('Train', 'TestA'),
        split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin.csv}}',
        official_split=True,
    )
)
