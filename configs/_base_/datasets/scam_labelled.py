# Labelled, which Chen et al. do not have, in their way.
_base_ = './cells_scam.py'
num_classes = 9
# Mixup needs one-hot labels.
data_preprocessor = dict(num_classes=num_classes)
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LabelledWBC',
        data_root='{{$LABELLED_ROOT:data/Labelled}}',
        split_file='{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}',
    )
)
