# BCCD, four classes, 6:2:2 by source image (Sec. 3.1). Environment variables
# move the data: BCCD_ROOT (any of the releases, unzipped) and BCCD_SPLIT_FILE.
#
# In Kaggle's release the file names may not tell which images are copies of
# one field (see the dataset): with official_split=True, as Chen et al., the
# test part at least is clean.
_base_ = './cells_224.py'
dataset_type = 'BCCD'
data_root = '{{$BCCD_ROOT:data/dataset2-master}}'
# Kaggle's 12,444 images; TEST_SIMPLE repeats the sources of TEST.
subsets = ('TRAIN', 'TEST')
# It has no basophils, and the other releases have two or three.
classes = ('eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
split_file = '{{$BCCD_SPLIT_FILE:data/splits/bccd.csv}}'
release = dict(
    type=dataset_type,
    data_root=data_root,
    split_file=split_file,
    subsets=subsets,
    classes=classes,
)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
