"""Restoring pages by an endpoint elsewhere: ``Endpoint("http://host:8080").restore(data).png``.

Nothing of the model or of the server is needed for that.
"""

from pulih.client.endpoint import Answer, Endpoint, EndpointError, EndpointSettings

__all__ = ["Answer", "Endpoint", "EndpointError", "EndpointSettings"]
