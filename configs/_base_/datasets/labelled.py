# Labelled (Bodzas et al.), nine classes, 6:2:2 (Sec. 3.1). Environment
# variables move the data: LABELLED_ROOT (the folder with the class folders)
# and LABELLED_SPLIT_FILE. classes=WBC5_CLASSES joins bands and segments and
# leaves out blasts and normoblasts.
_base_ = './cells_224.py'
dataset_type = 'LabelledWBC'
data_root = '{{$LABELLED_ROOT:data/Labelled}}'
split_file = '{{$LABELLED_SPLIT_FILE:data/splits/labelled.csv}}'
release = dict(type=dataset_type, data_root=data_root, split_file=split_file)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
