"""Eight small applications on the channels, the layer and the workers of this project."""
