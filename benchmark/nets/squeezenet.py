"""SqueezeNet 1.1 (Iandola et al. 2016), 224×224, as torchvision lays it out. 1.2 M parameters."""

from nets.builder import NetBuilder

FIRES = ((16, 64), (16, 64), None, (32, 128), (32, 128), None, (48, 192), (48, 192), (64, 256), (64, 256))
"""Squeezed channels and the channels of each of the two expansions; None is a pooling."""


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("squeezenet1.1", seed=3)
    value = net.relu(net.conv(net.input("image", (1, 3, 224, 224)), 64, 3, stride=2, pads=0))
    value = net.max_pool(value, 3, 2)
    for fire in FIRES:
        if fire is None:
            value = net.max_pool(value, 3, 2)
            continue
        squeezed, expanded = fire
        hidden = net.relu(net.conv(value, squeezed, 1))
        value = net.concat(net.relu(net.conv(hidden, expanded, 1)), net.relu(net.conv(hidden, expanded, 3)))
    value = net.relu(net.conv(value, 1000, 1))
    net.output(net.node("Flatten", net.node("GlobalAveragePool", value), axis=1), "logits")
    return net
