# ResNet50, the baseline of Table 4, with DAFFNet's decoder in the place of
# MAP's attribute layer.
_base_ = './map_resnet50.py'
model = dict(
    head=dict(type='FusionHead', num_classes=8, morphological_channels=0)
)
