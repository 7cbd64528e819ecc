"""What the exported recognizer and its readers agree on; imports nothing, so that either side may."""

KIND = "recognizer"
MODEL = "model.onnx"
INPUT, OUTPUT = "line", "logits"
HEIGHT_ROWS = 16  # a column of the output covers a sixteenth of the height
WIDTH_STEP = 32
