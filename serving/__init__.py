"""The endpoint: a KServe custom predictor over the exported restorer."""
