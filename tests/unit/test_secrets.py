"""Which literals are credentials, and which are placeholders, references or development defaults."""

from __future__ import annotations

import base64
import json

import pytest

from mlrubric.model.facts import Secret
from mlrubric.read import secret
from mlrubric.source.document import Document

# put together here, so that no scanner takes this file for a leak
HEX = "9f86d081884c7d659a2feaa0c55ad015"
AWS = "AK" + "IA" + "QYLPMN5HHHFPZAM2"
GITHUB = "gh" + "p_" + "a8Kd93jLmQ0xZ7vB2nR5tY1wE6uI4oP9sD3f"
OPENAI = "sk" + "-" + "proj4Tq9ZbX7cV2mN8kLp3WsY6dF1gHj5RtQ"
HUGGING = "h" + "f_" + "QwErTyUiOpAsDfGhJkLzXcVbNmQaZwSxEd"
GOOGLE = "GOC" + "SPX-" + "b7RmK2pQ9xLz4TnVwYc8JhDf3GsA"
SLACK = "https://hooks.slack" + ".com/services/" + "T01ABCDEF23/B04GHIJKL56/q9WzX3cV7bN1mK5jH8gF2dS4"
PEM = "-----BEGIN PRIVATE" + " KEY-----\\n" + base64.b64encode(bytes(range(7, 200))).decode()[:180] + "\\n-----END"


def jwt(claims: dict[str, str]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "HS256"}, claims)]
    return ".".join([*parts, "dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"])


def secrets(path: str, text: str) -> list[tuple[int, str]]:
    return [(fact.place.line, fact.hint) for fact in secret.read(Document(path, text)) if isinstance(fact, Secret)]


@pytest.mark.parametrize(
    ("path", "text", "hint"),
    [
        ("a.py", f'client = boto3.client("s3", aws_access_key_id="{AWS}")', "AWS access key"),
        ("docs/setup.md", f"Use `{GITHUB}` for now.", "GitHub token"),
        ("train.py", f"openai.api_key = '{OPENAI}'", "OpenAI key"),
        ("config.yaml", f"hub_token: {HUGGING}", "Hugging Face token"),
        (".dvc/config", f"[core]\n    gdrive_client_secret = {GOOGLE}", "Google client secret"),
        ("alerts.sh", f"curl -d x {SLACK}", "Slack webhook"),
        ("key.json", json.dumps({"type": "service_account"})[:-1] + f', "private_key": "{PEM}"}}', "private key"),
        ("app.ts", f'const k = "{jwt({"role": "service_role"})}"', "service token"),
        ("train.py", f'wandb.login(key="{HEX}{HEX[:8]}")', "wandb key"),
        ("ls.py", f'client = Client(url=URL, api_key="{HEX}")', "access token"),
        ("ls.py", f'os.environ["COMET_API_KEY"] = "{HEX}"', "access token"),
        ("ls.py", f'os.environ.setdefault("COMET_API_KEY", "{HEX}")', "access token"),
        (".env", "OPTUNA_DB_PASSWORD=optunapass", "password"),
        (".env.local", "export DB_PASSWORD='tr33house'", "password"),
        ("docker-compose.yml", "environment:\n  - GF_SECURITY_ADMIN_PASSWORD=foobar", "password"),
        # a known word with digits counted up behind it is a choice too
        ("docker-compose.yml", "environment:\n  POSTGRES_PASSWORD: password123", "password"),
        ("docker-compose.yml", "command: serve --store postgresql://admin:password123@db:5432/runs", "credentials in a URI"),
        ("db.py", 'uri = os.getenv("DB_URI", "mongodb://admin:admin123@mongodb:27017/rows")', "credentials in a URI"),
        ("grafana/datasources.yaml", "secureJsonData:\n  password: 'm0n1t0r1ng'", "password"),
        ("deploy.yaml", "env:\n  - name: DB_PASSWORD\n    value: s0mething9", "password"),
        ("secret.yaml", "kind: Secret\ndata:\n  password: " + base64.b64encode(b"tr33house!").decode(), "password"),
        ("db.py", 'URI = "postgresql://mlops:Tr33house@db.internal:5432/x"', "credentials in a URI"),
        ("db.py", 'uri = "postgresql://user:password@localhost:6609/dev"', "credentials in a URI"),
        ("Dockerfile", "ENV DB_PASSWORD tr33house", "password"),
        ("run.sh", "mlflow server --admin-password=tr33house", "password"),
        ("main.tf", 'resource "x" "y" {\n  password = "tr33house"\n}', "password"),
        ("docker-compose.yml", "environment:\n  - FERNET_KEY=${FERNET:-46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=}", "access token"),
        # chosen by people: a store or a service that the team runs itself
        ("docker-compose.yml", 'environment:\n  APP_STORAGE_SECRET_KEY: "churn2021"', "secret key"),
        ("configs/settings.yaml", "development:\n  STORAGE_ACCESS_KEY: root\n  STORAGE_SECRET_KEY: churn2021", "secret key"),
        ("app.toml", 'secret_key = "churn2021"', "secret key"),
        ("config.json", '{"aws_secret_access_key": "churn2021"}', "secret key"),
        ("store.py", 'Minio("store:9000", access_key="root", secret_key="churn2021")', "secret key"),
        (".env", "JWT_SECRET=churn2021", "client secret"),
        (".env", "CHURN_API_KEY=churn2021x", "access token"),
        ("db.yaml", "db:\n  user: ml\n  pass: Tr33house", "password"),
        ("db.py", 'connect(\n    host="db.internal",\n    user="ml",\n    password="trombone",\n)', "password"),
        # an owner of two letters is no placeholder
        ("alembic.ini", "sqlalchemy.url = postgresql://ml:Tr33house@db.internal/loans", "credentials in a URI"),
        # in other forms than an assignment
        ("Dockerfile", "ENV DB_USER=ml DB_PASSWORD=tr33house DB_HOST=db", "password"),
        ("docker-compose.yml", "command: redis-server --requirepass tr33house", "password"),
        ("deploy.yaml", "env:\n  - value: s0mething9\n    name: DB_PASSWORD", "password"),
        ("db.py", 'connect("host=db user=ml password=tr33house dbname=loans")', "password"),
        ("db.py", 'CONN = "Server=tcp:db.internal;Uid=ml;Pwd=tr33house;"', "password"),
        ("db.py", 'password = os.getenv("DB_PASSWORD", "tr33house!")', "password"),
        ("conf.py", 'password: str = Field(default="tr33house")', "password"),
        ("args.py", 'parser.add_argument("--db-password", default="tr33house")', "password"),
        ("api.py", f'headers = {{"Authorization": "Bearer {HEX}"}}', "access token"),
        ("api.py", 'requests.get(url, auth=("ml", "tr33house!"))', "password"),
        ("api.py", f'url = "https://api.acme.org/rows?api_key={HEX}"', "access token"),
        ("api.py", f'add_app_token("{HEX}")', "access token"),
        ("run.sh", "curl -u ml:tr33house https://registry.acme.org", "password"),
        (".github/workflows/ci.yml", "      run: docker login -u ml -p tr33house", "password"),
        ("run.sh", "mysql -h db -u ml -ptr33house loans", "password"),
        ("run.sh", f"dvc remote modify origin password {HEX}", "password"),
        ("run.sh", "kubectl create secret generic db --from-literal=password=tr33house", "password"),
        ("run.sh", "helm install db chart --set auth.password=tr33house", "password"),
        ("init.sql", "CREATE USER ml WITH PASSWORD 'tr33house';", "password"),
        (".netrc", "machine store.acme.org login ml password tr33house", "password"),
        ("variables.tf", 'variable "db_password" {\n  type = string\n  default = "tr33house"\n}', "password"),
    ],
)
def test_a_credential_is_found(path: str, text: str, hint: str) -> None:
    assert [found for _, found in secrets(path, text)] == [hint]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE\nAWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        (".env", 'TOKEN_NOAA="<YOUR-API>"\nDB_PASSWORD=\nAPI_KEY=your-key-here\nPGPASSWORD=changeme\nX_TOKEN=xxxxxxxxxxxx'),
        (".env", "POSTGRES_USER=velib\nPOSTGRES_PASSWORD=velib"),
        (".env.example", "DB_PASSWORD=tr33house"),
        (
            "docker-compose.yml",
            "environment:\n  POSTGRES_PASSWORD: postgres\n  MINIO_ROOT_PASSWORD: minioadmin\n  X_PASSWORD: mlflow_password",
        ),
        (
            "docker-compose.yml",
            "environment:\n  POSTGRES_PASSWORD: ${DB_PASSWORD}\n  A_PASSWORD: ${B_PASSWORD:-test}\n  C_PASSWORD: admin1",
        ),
        ("docker-compose.yml", "command: postgresql://airflow:airflow@postgres/airflow"),
        (
            ".github/workflows/ci.yml",
            "env:\n  TOKEN: ${{ secrets.OP_TOKEN }}\n  POSTGRES_PASSWORD: mlflow_test1\npermissions:\n  id-token: write",
        ),
        ("a.py", 'password = os.environ["DB_PASSWORD"]\ntoken = os.getenv("HF_TOKEN", "")\napi_key = get_secret("openai_api_key")'),
        ("a.py", 'pad_token = "<|endoftext|>"\nmax_tokens = "1024"\nsecret_name = "prod/credit/mlflow-tracking-1"\npassword = "password"'),
        ("a.py", 'DB_PASSWORD = "db_password"\nparser.add_argument("--password", help="The password of user 1")\nKEY = "api_key"'),
        ("a.py", 'uri = f"postgresql://{user}:{password}@{host}/db"\nurl = "https://user:pass@example.com/x"'),
        ("a.py", '"""Connect with postgresql://user:password@localhost:5432/db."""'),
        ("a.py", 'URI = "snowflake://USER:PAT@ACCOUNT_IDENTIFIER"'),
        ("tests/test_db.py", 'URI = "postgresql://velib:p%40word@localhost/db"\npassword = "tr33house"'),
        ("README.md", "export AWS_SECRET_ACCESS_KEY=yyy\npassword: tr33house\nDB=postgres://me:tr33house@db/x"),
        ("main.tf", 'password = var.db_password\nsecret_key = "${var.secret}"'),
        ("setup.sh", "zenml --tracking_password=dummy --authentication_secret=s3_secret\nexport TOKEN=$GITHUB_TOKEN"),
        ("alembic.ini", "sqlalchemy.url = VALUE_IS_SET_AT_RUNTIME\npassword = UPDATEME"),
        (".codecarbon.config", "experiment_id = 5b0fa12a-3dd7-45bb-9766-cc326314d9f1\napi_key = 5b0fa12a-3dd7-45bb-9766-cc326314d9f1"),
        (
            ".dvc/config.local",
            "gdrive_service_account_json_file_path = ../ghi-prediction-6869d952fb04.json\npassword_file = /run/secrets/db1",
        ),
        ("azurite.py", '"AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="'),
        ("check.py", 'assert "-----BEGIN PRIVATE KEY-----" in text'),
        ("app.ts", f'const k = "{jwt({"role": "anon"})}"'),
        (
            "secret.yaml",
            "kind: Secret\ndata:\n  password: " + base64.b64encode(b"password").decode() + "\n"
            "stringData:\n  AWS_SECRET_ACCESS_KEY: minio123",
        ),
        (
            "values.yaml",
            "auth:\n  existingSecret: grafana-credentials-1\n  secretKeyRef: {name: db, key: password1}\n  passwordSecretName: db1",
        ),
        (
            "a.py",
            'label(text, password="Kennwort")\nconnect(host="db", user="ml", password="password")',
        ),
        ("values.yaml", "secretKey: database_password\nimagePullSecret: regcred1\nsecret_key: /run/secrets/key1\npad_token: pad1"),
        ("docker-compose.yml", "environment:\n  AWS_SECRET_ACCESS_KEY: minio123\n  B_SECRET_KEY: test1234\n  HF_TOKENIZER: bert2024"),
        ("docker-compose.yml", "environment:\n  MODEL_OBJECT_KEY: model2.joblib\n  C_SECRET_KEY: ${KEY:-minio123}\n  ACCESS_KEY: root"),
        (".env", "AWS_SECRET_ACCESS_KEY=p@ssword\nAPI_KEY=abc123\nSECRET_KEY=secret_key_123"),
        (".github/workflows/ci.yml", "env:\n  APP_SECRET_KEY: churn2021\n  MINIO_SECRET_KEY: churn2021"),
        (
            "a.py",
            'connect(host=host, user=user, password=password1)\nauth = ("user", "password")\ncredentials("job-7374-3e7424e80d76.json")',
        ),
        (
            "a.py",
            'secret = read_secret("projects/12/secrets/db2/versions/1")\nhead = f"Bearer {token}"\nkey = os.getenv("K_KEY", "minio123")',
        ),
        ("run.sh", "docker run -u 1000:1000 image\ncurl -u $USER:$PASSWORD url\ndocker login -u ml -p $TOKEN\nmkdir -p results2021"),
        ("values.yaml", "tls:\n  secretName: ml-portfolio-tls2\n  token_url: https://login.example.org/oauth2/v2.0/token"),
    ],
)
def test_what_is_none_stays_silent(path: str, text: str) -> None:
    assert secrets(path, text) == []


def test_the_value_is_never_kept() -> None:
    facts = list(secret.read(Document("a.py", f'token = "{GITHUB}"\n')))
    assert len(facts) == 1
    assert GITHUB not in repr(facts)


def test_the_place_is_the_literal() -> None:
    (fact,) = secret.read(Document(".env", "A=1\nDB_PASSWORD=tr33house\n"))
    assert (fact.place.span.line, fact.place.span.column, fact.place.span.end_column) == (2, 13, 22)


def test_a_notebook_names_cell_and_line_and_says_a_printed_copy_once() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["`postgres://me:tr33house@db/x`"]},
        {
            "cell_type": "code",
            "source": ["import os\n", f'key = "{GITHUB}"\n', "print(key)"],
            "outputs": [{"output_type": "stream", "text": [f"{GITHUB}\n"]}],
        },
    ]
    text = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}, indent=1)
    (fact,) = secret.read(Document("n.ipynb", text))
    assert (fact.place.cell, fact.place.cell_line, fact.place.symbol) == (2, 2, "cell 2")
    line = text.split("\n")[fact.place.line - 1]
    assert line[fact.place.span.column - 1 : fact.place.span.end_column - 1] == GITHUB


def test_a_broken_notebook_is_still_searched() -> None:
    assert secrets("n.ipynb", f'{{"cells": [ "token = {GITHUB}" ') == [(1, "GitHub token")]


def test_long_lines_do_not_hang() -> None:
    text = "x = '" + "password" * 20_000 + "'\n" + "a" * 300_000 + "\n" + "key=" * 50_000
    assert secrets("a.py", text) == []


@pytest.mark.parametrize(
    "text", ["host=a ", "login ", "curl -u ", 'variable "password" {', "Bearer ", '"--password"', "a.b.token(", "a=b;"]
)
def test_what_begins_again_and_again_does_not_hang(text: str) -> None:
    assert secrets("run.sh", text * 20_000) == []


@pytest.mark.parametrize(
    "line", ["%env STORE_PASSWORD=tr33house", "!export STORE_PASSWORD=tr33house", "%%bash\nSTORE_PASSWORD=tr33house ./run"]
)
def test_a_notebook_speaks_to_a_shell_too(line: str) -> None:
    cells = [{"cell_type": "code", "source": line.splitlines(keepends=True), "outputs": []}]
    text = json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}, indent=1)
    assert [hint for _, hint in secrets("n.ipynb", text)] == ["password"]


@pytest.mark.parametrize(
    ("path", "wanted"),
    [("a.py", True), (".env", True), ("x/.env.prod", True), ("Dockerfile", True), (".dvc/config", True), ("uv.lock", False),
     ("package-lock.json", False), ("data.csv", False), ("model.pkl", False), ("creds.json", True), ("id_rsa", True)],
)  # fmt: skip
def test_accepts(path: str, wanted: bool) -> None:
    assert secret.accepts(path) is wanted
