# The Train part of Raabin-WBC alone, five classes, 6:2:2: TestA is kept for
# the end. Environment variables move the data: RAABIN_ROOT (the folder with
# Train) and RAABIN_SPLIT_FILE.
_base_ = './cells_224.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='RaabinWBC',
        data_root='{{$RAABIN_ROOT:data/Raabin-WBC}}',
        subsets=('Train',),
        split_file='{{$RAABIN_SPLIT_FILE:data/splits/raabin_train.csv}}',
    )
)
