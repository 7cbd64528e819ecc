"""What the maker and the users of a restorer artifact agree on; imports nothing, so that both sides stay light."""

KIND = "restorer"
MODEL, WEIGHTS, CONFIG = "model.onnx", "model.safetensors", "config.json"
INPUT, OUTPUT = "degraded", "restored"
SIZE_STEP = 32
INK_BELOW = 168  # restored grey levels below it are ink, where ink and paper are all that is wanted
