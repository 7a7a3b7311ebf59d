"""The API keeps to its specification, whatever it is sent."""

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.crm.company import put_deals, put_lead
from tests.web.test_api import Program

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 25


def test_the_specification_is_there_for_everybody(small_house):
    answer = small_house.client().get("/api/v1/openapi.json")

    assert (answer.status_code, answer.json["openapi"]) == (200, "3.1.0")
    assert set(answer.json["paths"]) == {
        "/leads", "/leads/{lead_id}", "/leads/{lead_id}/tags", "/deals", "/deals/{deal_id}", "/deals/{deal_id}/move", "/plans",
        "/mass-starts", "/mass-starts/{mass_start_id}", "/mass-starts/{mass_start_id}/go", "/mass-starts/{mass_start_id}/abort",
        "/mass-actions", "/mass-actions/{mass_action_id}", "/mass-actions/{mass_action_id}/records",
        "/mass-actions/{mass_action_id}/go", "/mass-actions/{mass_action_id}/abort", "/mass-actions/{mass_action_id}/undo",
    }  # fmt: skip
    assert all(
        "Error" in str(one["responses"]["401"]) for path in answer.json["paths"].values() for one in path.values()
    )


def test_no_answer_is_undocumented(small_house):
    object.__setattr__(small_house.site.limits, "api", "100000 per minute")
    with small_house.database.work() as work:
        put_deals(work, 3)
        put_lead(work)
    program = Program(small_house)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", small_house.app)
    operations = [one.ok() for one in schema.get_all_operations()]

    assert len(operations) == 19
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            _try(operation, mode, program)


def _try(operation, mode, program):
    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case):
        answer = case.call(headers={"Authorization": f"Bearer {program.secret}"})
        case.validate_response(answer, checks=CHECKS)

    attempt()
