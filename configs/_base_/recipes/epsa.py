# Table 4, row 2: + EPSA, pyramid squeeze attention in each bottleneck.
_base_ = './resnet50.py'
model = dict(backbone=dict(type='EPSAResNet'))
# The PSA and the normalisation behind it are new; the attention of the next
# row is, too.
default_hooks = dict(
    freeze=dict(
        except_layers=[r'\.conv2\.', r'\.bn2\.', r'\.spatial_attention\.']
    )
)
