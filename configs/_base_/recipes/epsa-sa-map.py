# Table 4, row 4: + MAP. Without the encoder, the 31 attribute probabilities
# join the high-level feature as they are.
_base_ = './daffnet.py'
model = dict(neck=dict(encoder=None), head=dict(morphological_channels=31))
