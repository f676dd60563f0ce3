# LDWBC, five classes, at 96 px, for small models on a CPU.
_base_ = './cells_96.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LDWBC',
        data_root='{{$LDWBC_ROOT:data/LDWBC}}',
        split_file='{{$LDWBC_SPLIT_FILE:data/splits/ldwbc.csv}}',
    )
)
