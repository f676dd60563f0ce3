# Stage 3 on PBC's five white blood cell classes.
_base_ = './daffnet_pbc.py'
classes = ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
model = dict(head=dict(num_classes=5))
train_dataloader = dict(dataset=dict(classes=classes))
val_dataloader = dict(dataset=dict(classes=classes))
test_dataloader = dict(dataset=dict(classes=classes))
