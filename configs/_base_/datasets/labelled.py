# Labelled (Bodzas et al.), nine classes, 6:2:2 (Sec. 3.1). Environment
# variables move the data: LABELLED_ROOT (the folder with the class folders)
# and LABELLED_SPLIT_FILE. classes=WBC5_CLASSES joins bands and segments and
# leaves out blasts and normoblasts.
_base_ = './cells_224.py'
num_classes = 9
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='LabelledWBC',
        data_root='{{$LABELLED_ROOT:data/Labelled}}',
        split_file='{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}',
    )
)
