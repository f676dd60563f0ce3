# LISC, five classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# LISC_ROOT (the unzipped LISC Database) and LISC_SPLIT_FILE.
_base_ = './cells_224.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LISC',
        data_root='{{$LISC_ROOT:data/LISC}}',
        split_file='{{$LISC_SPLIT_FILE:data/splits/lisc.csv}}',
    )
)
