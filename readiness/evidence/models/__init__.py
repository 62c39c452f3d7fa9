"""How does a model file become an object that predicts? Pickles, skops, ONNX, MLflow, and loaders of the user's own."""
