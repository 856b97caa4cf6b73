"""The messages of Terraform's plugin protocol, version 6 (tfplugin6.proto): field numbers and names."""

from __future__ import annotations

from sunbeam.provider.wire import Message

DYNAMIC_VALUE: Message = {1: ("msgpack", "bytes"), 2: ("json", "bytes")}
STEP: Message = {
    1: ("attribute_name", "string"),
    2: ("element_key_string", "string"),
    3: ("element_key_int", "choice"),
}
PATH: Message = {1: ("steps", [STEP])}
DIAGNOSTIC: Message = {
    1: ("severity", "int"),
    2: ("summary", "string"),
    3: ("detail", "string"),
    4: ("attribute", PATH),
}
DIAGNOSTICS = [DIAGNOSTIC]

NESTED_OBJECT: Message = {3: ("nesting", "int")}
ATTRIBUTE: Message = {
    1: ("name", "string"),
    2: ("type", "bytes"),
    10: ("nested_type", NESTED_OBJECT),
    3: ("description", "string"),
    4: ("required", "bool"),
    5: ("optional", "bool"),
    6: ("computed", "bool"),
    7: ("sensitive", "bool"),
    11: ("write_only", "bool"),
}
NESTED_OBJECT[1] = ("attributes", [ATTRIBUTE])
BLOCK: Message = {2: ("attributes", [ATTRIBUTE]), 4: ("description", "string")}
NESTED_BLOCK: Message = {
    1: ("type_name", "string"),
    2: ("block", BLOCK),
    3: ("nesting", "int"),
    4: ("min_items", "int"),
    5: ("max_items", "int"),
}
BLOCK[3] = ("block_types", [NESTED_BLOCK])
SCHEMA: Message = {1: ("version", "int"), 2: ("block", BLOCK)}
CAPABILITIES: Message = {1: ("plan_destroy", "bool"), 2: ("get_provider_schema_optional", "bool")}
CLIENT_CAPABILITIES: Message = {2: ("write_only_attributes_allowed", "bool")}
NOTHING: Message = {}
TYPE_AND_CONFIG: Message = {1: ("type_name", "string"), 2: ("config", DYNAMIC_VALUE)}
IMPORTED: Message = {1: ("type_name", "string"), 2: ("state", DYNAMIC_VALUE), 3: ("private", "bytes")}

CALLS: dict[str, tuple[Message, Message]] = {
    "GetMetadata": (NOTHING, {1: ("server_capabilities", CAPABILITIES)}),
    "GetProviderSchema": (
        NOTHING,
        {
            1: ("provider", SCHEMA),
            2: ("resource_schemas", {"map": SCHEMA}),
            3: ("data_source_schemas", {"map": SCHEMA}),
            4: ("diagnostics", DIAGNOSTICS),
            5: ("provider_meta", SCHEMA),
            6: ("server_capabilities", CAPABILITIES),
        },
    ),
    "ValidateProviderConfig": ({1: ("config", DYNAMIC_VALUE)}, {2: ("diagnostics", DIAGNOSTICS)}),
    "ValidateResourceConfig": (
        {**TYPE_AND_CONFIG, 3: ("client_capabilities", CLIENT_CAPABILITIES)},
        {1: ("diagnostics", DIAGNOSTICS)},
    ),
    "ValidateDataResourceConfig": (TYPE_AND_CONFIG, {1: ("diagnostics", DIAGNOSTICS)}),
    "UpgradeResourceState": (
        {1: ("type_name", "string"), 2: ("version", "int"), 3: ("raw_state", {1: ("json", "bytes")})},
        {1: ("upgraded_state", DYNAMIC_VALUE), 2: ("diagnostics", DIAGNOSTICS)},
    ),
    "ConfigureProvider": (
        {1: ("terraform_version", "string"), 2: ("config", DYNAMIC_VALUE)},
        {1: ("diagnostics", DIAGNOSTICS)},
    ),
    "ReadResource": (
        {1: ("type_name", "string"), 2: ("current_state", DYNAMIC_VALUE), 3: ("private", "bytes")},
        {1: ("new_state", DYNAMIC_VALUE), 2: ("diagnostics", DIAGNOSTICS), 3: ("private", "bytes")},
    ),
    "PlanResourceChange": (
        {
            1: ("type_name", "string"),
            2: ("prior_state", DYNAMIC_VALUE),
            3: ("proposed_new_state", DYNAMIC_VALUE),
            4: ("config", DYNAMIC_VALUE),
            5: ("prior_private", "bytes"),
        },
        {
            1: ("planned_state", DYNAMIC_VALUE),
            2: ("requires_replace", [PATH]),
            3: ("planned_private", "bytes"),
            4: ("diagnostics", DIAGNOSTICS),
        },
    ),
    "ApplyResourceChange": (
        {
            1: ("type_name", "string"),
            2: ("prior_state", DYNAMIC_VALUE),
            3: ("planned_state", DYNAMIC_VALUE),
            4: ("config", DYNAMIC_VALUE),
            5: ("planned_private", "bytes"),
        },
        {1: ("new_state", DYNAMIC_VALUE), 2: ("private", "bytes"), 3: ("diagnostics", DIAGNOSTICS)},
    ),
    "ImportResourceState": (
        {1: ("type_name", "string"), 2: ("id", "string")},
        {1: ("imported_resources", [IMPORTED]), 2: ("diagnostics", DIAGNOSTICS)},
    ),
    "ReadDataSource": (TYPE_AND_CONFIG, {1: ("state", DYNAMIC_VALUE), 2: ("diagnostics", DIAGNOSTICS)}),
    "GetFunctions": (NOTHING, NOTHING),
    "StopProvider": (NOTHING, {1: ("error", "string")}),
}
