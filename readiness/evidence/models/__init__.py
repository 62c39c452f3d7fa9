"""Model files that become objects that predict: pickles, skops, ONNX, MLflow, and loaders of the user's own."""
