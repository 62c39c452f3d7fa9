"""Which keys may a spec hold? The JSON Schema of `readiness.yaml`, for editors and other tools."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from readiness.spec import Spec

SPEC_ID = "urn:model-readiness:spec:v1"


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that merely repeat the names of keys."""

    def field_title_should_be_set(self, schema: core_schema.CoreSchema | Any) -> bool:  # noqa: ARG002
        return False


def spec_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the spec; every description comes from the spec's own fields."""
    schema = Spec.model_json_schema(schema_generator=_Untitled)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SPEC_ID,
        "title": "Model readiness spec",
    }
    return {**schema, **head}
