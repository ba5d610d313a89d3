"""What models are stored in, whatever their format: files, zip archives, HDF5, safetensors, protobuf."""
