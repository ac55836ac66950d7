"""Names of personal things, and what they are not."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.graph.personal import named


@pytest.mark.parametrize(
    "name",
    [
        *[
            "email",
            "e_mail",
            "Email",
            "customerEmail",
            "email_address",
            "phone",
            "phone_number",
            "mobile_no",
            "ssn",
            "first_name",
            "lastName",
        ],
        *[
            "surname",
            "full name",
            "dob",
            "date_of_birth",
            "passport_number",
            "iban",
            "credit_card_number",
            "cc_num",
            "home_address",
            "tax_id",
        ],
    ],
)
def test_names_of_personal_things(name: str) -> None:
    assert named(name)


@pytest.mark.parametrize(
    "name",
    [
        *[
            "email_opened",
            "days_since_last_email",
            "email_domain",
            "phone_service",
            "is_mobile",
            "name",
            "street",
            "Street",
            "card_type",
            "age",
        ],
        *["model_name", "feature_names", "file_name", "address", "number", "mobile", "emailed", "user_id", "birth_rate", "first", "ip"],
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not named(name)


@pytest.mark.parametrize(
    ("block", "public"),
    [
        ("block_public_acls = true\n  block_public_policy = true", False),
        ("block_public_acls = false\n  block_public_policy = false", True),
        ("", False),
    ],
)
def test_what_is_open_protects_nothing(block: str, public: bool) -> None:
    found = picture({"main.tf": f'resource "aws_s3_bucket_public_access_block" "rows" {{\n  bucket = "rows"\n  {block}\n}}\n'})
    assert bool(found.graph.with_role("data.public")) is public
    assert bool(found.graph.with_role("data.access")) is not public
