# The Train part of Raabin-WBC, five classes, at 96 px, for small models on a
# CPU.
_base_ = './cells_96.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='RaabinWBC',
        data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
        subsets=('Train',),
        split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin_train.csv}}',
    )
)
