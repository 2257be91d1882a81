"""Networks in ONNX files, which need no torch."""
