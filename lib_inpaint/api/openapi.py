"""The description of the API, from the table of endpoints and the request classes, with pydantic 1 and 2."""

from __future__ import annotations

from typing import Any, Sequence, Type

from .. import __version__
from ..schema import Request
from .endpoints import PREFIX, Endpoint

_REFERENCE = "#/components/schemas/"
_ERRORS = {
    "400": "The body cannot be read",
    "401": "The host wants a user name and password",
    "403": "A web page of another site asked",
    "404": "There is nothing of this id or name",
    "409": "A model or a package it needs is not there",
    "413": "The body is too large",
    "415": "Not a picture that can be read, or not JSON",
    "422": "A value does not fit; `field` says which",
    "501": "The host cannot do that; in a WebUI it can be done",
    "503": "Too much is waiting; the header Retry-After says when to ask again",
    "507": "There is not enough memory or room on the disk",
}
_PICTURES = {f"image/{kind}": {"schema": {"type": "string", "format": "binary"}} for kind in ("png", "webp", "jpeg")}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The OpenAPI document of these endpoints."""
    bodies = [endpoint.body for endpoint in endpoints if endpoint.body is not None]
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inpaint Anything", "version": __version__, "description": "Select, remove, extend."},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {"schemas": {**_schemas(bodies), **_ANSWERS}},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in endpoint.parameters
        ],
        "responses": {
            **_responses(endpoint),
            **{status: _response(about, "Error") for status, about in _ERRORS.items()},
        },
    }
    if endpoint.answer == "job":
        about = "Seconds to wait for the result; when they are over, or there are none, the job is answered"
        wait = {"type": "number", "minimum": 0, "maximum": 3600, "default": 0}
        operation["parameters"].append({"name": "wait", "in": "query", "description": about, "schema": wait})
    if endpoint.body is not None:
        content: dict[str, Any] = {"application/json": {"schema": {"$ref": _REFERENCE + endpoint.body.__name__}}}
        if endpoint.answer == "uploaded":
            file = {"type": "string", "format": "binary"}
            form = {"type": "object", "properties": {"image": file}, "required": ["image"]}
            content.update({"application/octet-stream": {"schema": file}, "multipart/form-data": {"schema": form}})
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    """What comes back when all is well."""
    if endpoint.answer == "uploaded":
        return {"201": _response("The picture is kept", "Image")}
    if endpoint.answer == "job":
        done = _response("The result, where `wait` was long enough; a picture alone for Accept: image/*", "Result")
        done["content"].update(_PICTURES)
        return {"200": done, "202": _response("The job was started", "Job")}
    if endpoint.answer in ("mask", "picture"):
        done = _response("The result; the picture alone if Accept asks for image/*", "Result")
        done["content"].update(_PICTURES)
        return {"200": done}
    if endpoint.answer == "file":
        return {"200": {"description": "The picture", "content": _PICTURES}}
    if endpoint.answer == "events":
        return {"200": {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}}
    return {"200": _response("As described", "Result")}


def _response(about: str, schema: str) -> dict[str, Any]:
    return {"description": about, "content": {"application/json": {"schema": {"$ref": _REFERENCE + schema}}}}


_TEXT = {"type": "string"}
_ANSWERS: dict[str, Any] = {
    "Error": {
        "type": "object",
        "properties": {
            "error": {**_TEXT, "description": "What happened and what to do, in a sentence"},
            "code": {**_TEXT, "description": "The same for programs, such as unknown_image"},
            "field": {**_TEXT, "description": "Which value of the request it is about, where that is known"},
        },
        "required": ["error", "code"],
    },
    "Image": {
        "type": "object",
        "properties": {"id": _TEXT, "width": {"type": "integer"}, "height": {"type": "integer"}},
        "required": ["id", "width", "height"],
    },
    "Job": {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "kind": _TEXT,
            "state": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
            "progress": {"type": "number", "minimum": 0, "maximum": 1},
            "text": _TEXT,
            "preview": {"type": "integer", "description": "Counts the previews; where there is one, it can be fetched"},
            "error": {"$ref": _REFERENCE + "Error"},
            "result": {"$ref": _REFERENCE + "Result"},
        },
        "required": ["id", "state", "progress", "text"],
    },
    "Result": {
        "type": "object",
        "description": "Facts by name. Pictures are objects with format, width, height, and data (base64) or url, "
        "which is below this API's own address",
    },
}


def _schemas(bodies: Sequence[Type[Request]]) -> dict[str, Any]:
    """The schemas of the request classes and of what they are made of, by name."""
    try:
        from pydantic.json_schema import models_json_schema
    except ImportError:  # pydantic 1
        from pydantic.schema import schema

        return _modern(schema(bodies, ref_prefix=_REFERENCE)["definitions"])
    _, made = models_json_schema([(body, "validation") for body in bodies], ref_template=_REFERENCE + "{model}")
    return made["$defs"]


def _modern(schema: Any) -> Any:
    """pydantic 1's schema as OpenAPI 3.1 has it: the items of a tuple, each its own, are `prefixItems`."""
    if isinstance(schema, list):
        return [_modern(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        "prefixItems" if key == "items" and isinstance(value, list) else key: _modern(value)
        for key, value in schema.items()
    }
