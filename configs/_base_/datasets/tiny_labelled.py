# Labelled (Bodzas et al.), nine classes, at 96 px, for small models on a CPU.
_base_ = './cells_96.py'
num_classes = 9
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LabelledWBC',
        data_root='{{$LABELLED_ROOT:data/Labelled}}',
        split_file='{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}',
    )
)
