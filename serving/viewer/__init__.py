"""A web page beside the endpoint: drop a scan, compare it with its restoration, read its lines, take it home."""
