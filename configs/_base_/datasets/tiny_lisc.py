# LISC, five classes, at 96 px, for small models on a CPU.
_base_ = './cells_96.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LISC',
        data_root='{{$LISC_ROOT:data/LISC}}',
        split_file='{{$LISC_SPLIT_FILE:data/splits/lisc.csv}}',
    )
)
