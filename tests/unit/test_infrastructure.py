"""Resources of Terraform: what a schedule starts, what a command makes, what is never made."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.graph.build import Picture

HANDLER = "from sklearn.svm import SVC\n\n\ndef handler(event, context):\n    SVC().fit(event['x'], event['y'])\n"
FUNCTION = """
data "archive_file" "code" {
  source_dir = "${path.module}/src"
}
resource "aws_lambda_function" "retrain" {
  filename = data.archive_file.code.output_path
  handler  = "train.handler"
}
"""
RULE = """
resource "aws_cloudwatch_event_rule" "nightly" {
  schedule_expression = "cron(0 3 * * ? *)"
  %s
}
resource "aws_cloudwatch_event_target" "nightly" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_lambda_function.%s.arn
}
"""
APPLY = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: terraform -chdir=infra apply -auto-approve\n"


def level(found: Picture, role: str) -> str:
    (node,) = found.graph.with_role(role)
    return found.schedule.of(node).level


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RULE % ("", "retrain"), "kept"),
        (RULE % ('state = "DISABLED"', "retrain"), "manual"),
        (RULE % ("count = 0", "retrain"), "manual"),
        (RULE % ("", "other"), "none"),
        ("", "none"),
    ],
    ids=["live", "disabled", "never made", "starts something else", "no clock"],
)
def test_a_schedule_starts_the_function_that_it_reaches(rule: str, expected: str) -> None:
    found = picture({"infra/main.tf": FUNCTION + rule, "infra/src/train.py": HANDLER, ".github/workflows/a.yml": APPLY})
    assert level(found, "model.fit") == expected


def test_a_schedule_that_nobody_applies_is_a_guess() -> None:
    found = picture({"infra/main.tf": FUNCTION + RULE % ("", "retrain"), "infra/src/train.py": HANDLER})
    (fit,) = found.graph.with_role("model.fit")
    assert found.schedule.of(fit).confidence < 1


ACCESS = 'resource "aws_s3_bucket_public_access_block" "data" {\n  bucket = "x"\n}\n'
MODULE = 'module "data" {\n  source = "../modules/data"\n  %s\n}\n'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"infra/main.tf": ACCESS}, "kept"),
        ({"infra/main.tf": MODULE % "", "modules/data/main.tf": ACCESS}, "kept"),
        ({"infra/main.tf": MODULE % "count = 0", "modules/data/main.tf": ACCESS}, "none"),
        ({"infra/main.tf": ACCESS.replace("{", "{\n  for_each = {}", 1)}, "skipped"),
        ({"infra/main.tf": "", "other/main.tf": ACCESS}, "none"),
    ],
    ids=["its folder", "a module of it", "a module that is off", "never made", "another folder"],
)
def test_a_command_makes_what_its_folder_holds(files: dict[str, str], expected: str) -> None:
    bucket = 'resource "aws_s3_bucket" "b" {}\n'
    files = {path: bucket + text for path, text in files.items()}
    assert level(picture({**files, ".github/workflows/a.yml": APPLY}), "data.access") == expected


def test_traffic_between_two_variants() -> None:
    variant = "production_variants {\n  initial_variant_weight = 1\n}\n"
    for count, expected in ((1, 0), (2, 1)):
        found = picture({"a.tf": f'resource "aws_sagemaker_endpoint_configuration" "m" {{\n{variant * count}}}\n'})
        assert len(found.graph.with_role("serve.split")) == expected


ALARM = """
resource "aws_cloudwatch_metric_alarm" "slow" {
  metric_name = "ModelLatency"
  threshold   = 200
  %s
}
"""


@pytest.mark.parametrize(
    ("options", "live", "receiver"),
    [
        ("alarm_actions = [aws_sns_topic.team.arn]", "true", "notifying"),
        ("", "true", "none"),
        ("alarm_actions = [aws_sns_topic.team.arn]\n  actions_enabled = false", "true", "none"),
        ("alarm_actions = [aws_sns_topic.team.arn]\n  count = 0", "false", "notifying"),
    ],
    ids=["tells", "tells nobody", "switched off", "never made"],
)
def test_an_alarm_of_a_cloud(options: str, live: str, receiver: str) -> None:
    found = picture({"infra/main.tf": ALARM % options})
    (node,) = found.graph.with_role("alert.rule")
    attributes = found.graph.nodes[node].attributes
    assert (attributes["loaded"], attributes["receiver"], attributes["subject"]) == (live, receiver, "performance")


def test_an_alarm_that_no_command_brings_about_is_a_guess() -> None:
    text = ALARM % "alarm_actions = [aws_sns_topic.team.arn]"
    for files, expected in (({}, 0.7), ({".github/workflows/a.yml": APPLY}, 1.0)):
        found = picture({"infra/main.tf": text, **files})
        (node,) = found.graph.with_role("alert.rule")
        assert found.schedule.of(node).confidence == expected
