"""How elements lie in textures: views of buffers, flat and blocked tensors."""
