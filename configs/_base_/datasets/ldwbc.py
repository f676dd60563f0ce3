# LDWBC, five classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# LDWBC_ROOT (the folder with the class folders) and LDWBC_SPLIT_FILE.
_base_ = './cells_224.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LDWBC',
        data_root='{{$LDWBC_ROOT:data/LDWBC}}',
        split_file='{{$LDWBC_SPLIT_FILE:data/splits/ldwbc.csv}}',
    )
)
