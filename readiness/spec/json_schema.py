"""JSON Schemas of a spec and of a checklist, for editors and other tools."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from readiness.core.checklist import ATTESTABLE
from readiness.core.policy import BARS, INTERVAL_COVER
from readiness.spec.layers import NOTE
from readiness.spec.schema import Spec

SPEC_ID = "urn:model-readiness:spec:v1"
CHECKLIST_ID = "urn:model-readiness:checklist:v1"
DRAFT = "https://json-schema.org/draft/2020-12/schema"

_NOTES = {f"^{NOTE}": {"description": "passed over: a place for YAML anchors, such as x-team: &team {by: Ann}"}}
_FROM = {
    "type": "string",
    "minLength": 1,
    "description": "YAML file with boxes, relative to this file; a box that stands here wins over the same one there",
}


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles that merely repeat the names of keys."""

    def field_title_should_be_set(self, schema: core_schema.CoreSchema | Any) -> bool:  # noqa: ARG002
        return False


def spec_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the spec; every description comes from the spec's own fields."""
    schema = Spec.model_json_schema(schema_generator=_Untitled)
    boxes = schema["properties"]["checklist"]
    boxes["properties"] = {"from": _FROM}
    boxes["propertyNames"] = {"enum": ["from", *ATTESTABLE]}
    _narrow(schema)
    return {**schema, **_head(SPEC_ID, "Model readiness spec"), "patternProperties": _NOTES}


def _narrow(schema: dict[str, Any]) -> None:
    """Give each bar the widest value that is accepted; where that depends on the metric, a schema cannot tell."""
    for bar in BARS:
        if not bar.of_metric:
            _field(schema, bar.key)["maximum" if bar.looser == "larger" else "minimum"] = bar.widest
    schema["$defs"]["GivenInterval"]["properties"]["at_least"]["minimum"] = INTERVAL_COVER


def _field(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """The part of the schema that describes a dotted key."""
    *sections, name = key.split(".")
    part = schema
    for section in sections:
        part = schema["$defs"][part["properties"][section]["$ref"].rpartition("/")[2]]
    found: dict[str, Any] = part["properties"][name]
    return found


def checklist_schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) of the file that `checklist.from` of a spec names."""
    attestation = Spec.model_json_schema(schema_generator=_Untitled)["$defs"]["Attestation"]
    return {
        **_head(CHECKLIST_ID, "Model readiness checklist"),
        "description": "What named persons attest, kept in one place for several specs; the evidence is a link, a "
        "text, or a path relative to the spec that is reviewed.",
        "type": "object",
        "properties": {box: {"$ref": "#/$defs/Attestation"} for box in ATTESTABLE},
        "patternProperties": _NOTES,
        "additionalProperties": False,
        "$defs": {"Attestation": attestation},
    }


def _head(identifier: str, title: str) -> dict[str, Any]:
    return {"$schema": DRAFT, "$id": identifier, "title": title}
