"""The OpenAPI document: it says of each operation what is read, what is answered, and what can go wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from msgspec import Meta, Struct

from core.hub.web.openapi import JSON_TYPE, PROBLEM_TYPE, Operation, document


class Shelf(Struct):
    name: str


class Filter(Struct):
    limit: Annotated[int, Meta(ge=1, description="Most shelves")] = 10
    kind: str | None = None


SHELVES = Operation(
    "GET", "/shelves", "List shelves", tuple[Shelf, ...], query=Filter, problems=(HTTPStatus.NOT_FOUND,)
)
BUILD = Operation(
    "POST",
    "/shelves",
    "Build one",
    Shelf,
    statuses=(HTTPStatus.CREATED,),
    body=Shelf,
    takes=(JSON_TYPE, "application/msgpack"),
    guarded=False,
)
PICTURE = Operation("GET", "/shelves/{shelf}/picture.svg", "Show one", media=("image/svg+xml",))
SEND = Operation("POST", "/pictures", "Send one", Shelf, takes=("image/svg+xml",))


def described(*operations: Operation) -> Any:
    return document(operations, "1.2")


def test_the_document_names_its_version_and_the_hub_s() -> None:
    made = described(SHELVES)
    assert made["openapi"] == "3.1.0"
    assert made["info"]["version"] == "1.2"


def test_operations_of_one_path_stand_together() -> None:
    paths = described(SHELVES, BUILD)["paths"]
    assert list(paths) == ["/shelves"]
    assert [one["operationId"] for one in paths["/shelves"].values()] == ["get_shelves", "post_shelves"]


def test_an_answer_has_the_schema_of_the_type_that_is_written() -> None:
    made = described(SHELVES)
    content = made["paths"]["/shelves"]["get"]["responses"]["200"]["content"]
    assert content == {
        JSON_TYPE: {"schema": {"type": "array", "items": {"$ref": "#/components/schemas/Shelf"}}}
    }
    assert made["components"]["schemas"]["Shelf"]["properties"] == {"name": {"type": "string"}}


def test_parameters_are_the_fields_of_the_query_s_type() -> None:
    limit, kind = described(SHELVES)["paths"]["/shelves"]["get"]["parameters"]
    assert (limit["name"], limit["in"], limit["required"]) == ("limit", "query", False)
    assert limit["schema"] == {
        "type": "integer",
        "minimum": 1,
        "default": 10,
        "description": "Most shelves",
    }
    assert kind["schema"] == {"type": "string"}


def test_what_varies_in_a_path_is_a_parameter() -> None:
    (shelf,) = described(PICTURE)["paths"]["/shelves/{shelf}/picture.svg"]["get"]["parameters"]
    assert (shelf["name"], shelf["in"], shelf["required"]) == ("shelf", "path", True)


def test_a_body_has_a_schema_where_it_is_json() -> None:
    paths = described(BUILD, SEND)["paths"]
    content = paths["/shelves"]["post"]["requestBody"]["content"]
    assert content == {
        JSON_TYPE: {"schema": {"$ref": "#/components/schemas/Shelf"}},
        "application/msgpack": {},
    }
    assert paths["/pictures"]["post"]["requestBody"]["content"] == {"image/svg+xml": {}}


def test_what_is_no_json_has_no_schema() -> None:
    answer = described(PICTURE)["paths"]["/shelves/{shelf}/picture.svg"]["get"]["responses"]["200"]
    assert answer["content"] == {"image/svg+xml": {}}


def test_every_operation_names_its_problems_and_those_of_every_request() -> None:
    paths = described(SHELVES, BUILD)["paths"]["/shelves"]
    assert list(paths["get"]["responses"]) == ["200", "401", "403", "404", "429", "500"]
    assert list(paths["post"]["responses"]) == ["201", "403", "429", "500"]
    absent = paths["get"]["responses"]["404"]
    assert list(absent["content"]) == [PROBLEM_TYPE]
    assert "Retry-After" in paths["get"]["responses"]["429"]["headers"]
    assert "headers" not in absent
