"""Programs of the common ways to split, to fit and to judge: which of them leak, and on which line."""

from __future__ import annotations

import pytest
from tests.programs import picture

from mlrubric.rules.judge import findings
from mlrubric.rules.load import load_rules

HEAD = """import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, mean_squared_error
from sklearn.model_selection import *
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler
df = pd.read_csv("rows.csv")
X, y = df.drop(columns="y"), df["y"]
"""

CLEAN = {
    "slices that are written in the calls": """
m = LogisticRegression().fit(X[:100], y[:100])
print(m.score(X[100:], y[100:]))
n = 100
m = LogisticRegression().fit(X.iloc[:n], y.iloc[:n])
print(accuracy_score(y.iloc[n:], m.predict(X.iloc[n:])))
m = LogisticRegression().fit(df.loc[:800, ["a"]], df.loc[:800, "y"])
print(m.score(df.loc[801:, ["a"]], df.loc[801:, "y"]))
""",
    "masks and orders that are written in the calls": """
mask = np.random.rand(len(X)) < 0.8
m = LogisticRegression().fit(X[mask], y[mask])
print(m.score(X[~mask], y[~mask]))
order = np.random.default_rng(0).permutation(len(X))
m = LogisticRegression().fit(X.iloc[order[:80]], y.iloc[order[:80]])
print(m.score(X.iloc[order[80:]], y.iloc[order[80:]]))
m = LogisticRegression().fit(df.query("fold != 0")[["a"]], df.query("fold != 0")["y"])
print(m.score(df.query("fold == 0")[["a"]], df.query("fold == 0")["y"]))
""",
    "selections under names that tell nothing": """
a, b = df[df.fold != 0], df[df.fold == 0]
m = LogisticRegression().fit(a[["a"]], a["y"])
print(m.score(b[["a"]], b["y"]))
""",
    "halves that change places": """
m = LogisticRegression().fit(X[:100], y[:100])
print(m.score(X[100:], y[100:]))
m = LogisticRegression().fit(X[100:], y[100:])
print(m.score(X[:100], y[:100]))
""",
    "a scaler that is fitted on the slice of the training": """
scaler = StandardScaler().fit(X[:80])
m = LogisticRegression().fit(scaler.transform(X[:80]), y[:80])
print(m.score(scaler.transform(X[80:]), y[80:]))
""",
    "a scaler that is fitted on the slice of the training, all rows transformed": """
scaler = StandardScaler().fit(X[:80])
X = scaler.transform(X)
m = LogisticRegression().fit(X[:80], y[:80])
print(m.score(X[80:], y[80:]))
""",
    "a window that walks forward": """
scores = []
for n in range(100, 900, 100):
    m = LogisticRegression().fit(X[:n], y[:n])
    scores.append(m.score(X[n:n + 100], y[n:n + 100]))
    if scores[-1] < 0.5:
        break
""",
    "missing values that a model fills in": """
df[["a", "b"]] = StandardScaler().fit_transform(df[["a", "b"]])
m = LogisticRegression().fit(df[df.c.notna()][["a", "b"]], df[df.c.notna()]["c"])
df.loc[df.c.isna(), "c"] = m.predict(df[df.c.isna()][["a", "b"]])
""",
    "a pipeline inside of folds": """
pipe = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
print(cross_val_score(pipe, X, y, cv=5).mean())
""",
    "a pipeline fitted on the training part": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
before = ColumnTransformer([("n", make_pipeline(SimpleImputer(), StandardScaler()), ["a"])])
pipe = Pipeline([("before", before), ("model", LogisticRegression())])
pipe.fit(X_train, y_train)
print(accuracy_score(y_test, pipe.predict(X_test)))
""",
    "a search over a pipeline": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
search = GridSearchCV(make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1, 9]})
search.fit(X_train, y_train)
print(search.score(X_test, y_test))
""",
    "a training score beside the test score, in a helper": """
def report(model, rows, truth):
    print(accuracy_score(truth, model.predict(rows)))

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = LogisticRegression().fit(X_train, y_train)
report(model, X_train, y_train)
report(model, X_test, y_test)
""",
    "a class that keeps its scaler": """
class Trainer:
    def __init__(self):
        self.scaler = StandardScaler()
        self.model = LogisticRegression()

    def fit(self, rows, truth):
        self.model.fit(self.scaler.fit_transform(rows), truth)

    def judge(self, rows, truth):
        return self.model.score(self.scaler.transform(rows), truth)

X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
trainer = Trainer()
trainer.fit(X_train, y_train)
print(trainer.judge(X_test, y_test))
""",
    "three parts": """
X_rest, X_test, y_rest, y_test = train_test_split(X, y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(X_rest, y_rest, random_state=0)
best, chosen = 0, None
for depth in (2, 4, 8):
    model = RandomForestClassifier(max_depth=depth, random_state=0).fit(X_train, y_train)
    score = model.score(X_val, y_val)
    if score > best:
        best, chosen = score, model
print(chosen.score(X_test, y_test))
""",
    "three parts, the rest split in two": """
X_train, X_rest, y_train, y_rest = train_test_split(X, y, random_state=0)
X_val, X_test, y_val, y_test = train_test_split(X_rest, y_rest, test_size=0.5, random_state=0)
scores = {}
for depth in (2, 4, 8):
    scores[depth] = RandomForestClassifier(max_depth=depth, random_state=0).fit(X_train, y_train).score(X_val, y_val)
depth = max(scores, key=scores.get)
print(RandomForestClassifier(max_depth=depth, random_state=0).fit(X_train, y_train).score(X_test, y_test))
""",
    "a final fit on everything": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler()
model = LogisticRegression().fit(scaler.fit_transform(X_train), y_train)
print(model.score(scaler.transform(X_test), y_test))
scaler = StandardScaler()
final = LogisticRegression().fit(scaler.fit_transform(X), y)
""",
    "rows drawn and the others dropped": """
train = df.sample(frac=0.8, random_state=0)
test = df.drop(train.index)
scaler = StandardScaler().fit(train[["a"]])
model = Ridge().fit(scaler.transform(train[["a"]]), train["y"])
print(mean_squared_error(test["y"], model.predict(scaler.transform(test[["a"]]))))
""",
    "parts in a dictionary": """
def parts():
    train, test = train_test_split(df, random_state=0)
    return {"train": train, "test": test}

both = parts()
scaler = StandardScaler().fit(both["train"][["a"]])
model = Ridge().fit(scaler.transform(both["train"][["a"]]), both["train"]["y"])
print(model.score(scaler.transform(both["test"][["a"]]), both["test"]["y"]))
""",
    "a border in time": """
df["day"] = pd.to_datetime(df["day"])
df = df.sort_values("day")
df["before"] = df["y"].shift(1)
train = df[df["day"] < "2024-01-01"]
test = df[df["day"] >= "2024-01-01"]
model = Ridge().fit(train[["before"]], train["y"])
print(model.score(test[["before"]], test["y"]))
""",
    "clusters judged on their rows": """
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
rows = StandardScaler().fit_transform(X)
labels = KMeans(random_state=0).fit_predict(rows)
print(silhouette_score(rows, labels))
""",
    "a baseline from the training part": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
guess = np.full(len(y_test), np.mean(y_train))
model = Ridge().fit(X_train, y_train)
print(mean_squared_error(y_test, guess), mean_squared_error(y_test, model.predict(X_test)))
""",
    "a picture of all rows": """
from sklearn.decomposition import PCA
flat = PCA(2).fit_transform(StandardScaler().fit_transform(X))
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    "training and test data from two files": """
train, test = pd.read_csv("train.csv"), pd.read_csv("test.csv")
scaler = StandardScaler().fit(train[["a"]])
model = Ridge().fit(scaler.transform(train[["a"]]), train["y"])
print(model.score(scaler.transform(test[["a"]]), test["y"]))
""",
}

LEAKS = {
    "a scaler before slices that are written in the calls": """
X = StandardScaler().fit_transform(X)  # LEAK001
m = LogisticRegression().fit(X[:80], y[:80])
print(m.score(X[80:], y[80:]))
""",
    "a scaler before masks that are written in the calls": """
X = StandardScaler().fit_transform(X)  # LEAK001
mask = df["year"] < 2020
m = LogisticRegression().fit(X[mask], y[mask])
print(accuracy_score(y[~mask], m.predict(X[~mask])))
""",
    "the slice of the training": """
m = LogisticRegression().fit(X[:80], y[:80])
print(m.score(X[:80], y[:80]))  # LEAK008
""",
    "a slice inside of the slice of the training": """
m = LogisticRegression().fit(X[:80], y[:80])
print(m.score(X[:40], y[:40]))  # LEAK008
""",
    "a last model on all rows, judged by the slice": """
m = LogisticRegression().fit(X[:80], y[:80])
print(m.score(X[80:], y[80:]))
last = LogisticRegression().fit(X, y)
print(last.score(X[80:], y[80:]))  # LEAK008
""",
    "some columns of all rows": """
rows = df.to_numpy()
m = LogisticRegression().fit(rows[:, 1:], rows[:, 0])
print(m.score(rows[:, 1:], rows[:, 0]))  # LEAK008
""",
    "a transformer made of transformers": """
before = make_pipeline(SimpleImputer(), StandardScaler())
rows = before.fit_transform(X)  # LEAK001
X_train, X_test, y_train, y_test = train_test_split(rows, y, random_state=0)
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    "columns scaled in a loop": """
for column in ["a", "b"]:
    df[column] = StandardScaler().fit_transform(df[[column]])  # LEAK001
train, test = train_test_split(df, random_state=0)
print(Ridge().fit(train[["a"]], train["y"]).score(test[["a"]], test["y"]))
""",
    "a mask of rows": """
df["a"] = (df["a"] - df["a"].mean()) / df["a"].std()  # LEAK007
chosen = np.random.default_rng(0).random(len(df)) < 0.8
train, test = df[chosen], df[~chosen]
print(Ridge().fit(train[["a"]], train["y"]).score(test[["a"]], test["y"]))
""",
    "rows drawn and the others dropped": """
df[["a"]] = SimpleImputer().fit_transform(df[["a"]])  # LEAK001
train = df.sample(frac=0.8, random_state=0)
test = df.drop(train.index)
print(Ridge().fit(train[["a"]], train["y"]).score(test[["a"]], test["y"]))
""",
    "a class that prepares all rows": """
class Data:
    def __init__(self, frame):
        self.frame = frame

    def scale(self):
        self.rows = StandardScaler().fit_transform(self.frame.drop(columns="y"))  # LEAK001

    def split(self):
        return train_test_split(self.rows, self.frame["y"], random_state=0)

data = Data(df)
data.scale()
X_train, X_test, y_train, y_test = data.split()
print(Ridge().fit(X_train, y_train).score(X_test, y_test))
""",
    "torch": """
import torch
rows = StandardScaler().fit_transform(X)  # LEAK001
data = torch.utils.data.TensorDataset(torch.tensor(rows), torch.tensor(y.values))
train, test = torch.utils.data.random_split(data, [80, 20])
loader = torch.utils.data.DataLoader(train, batch_size=8)
""",
    "folds by hand": """
rows = StandardScaler().fit_transform(X)  # LEAK001
for train, test in KFold(5).split(rows):
    model = Ridge().fit(rows[train], y[train])
    print(model.score(rows[test], y[test]))
""",
    "a refit on the test part": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
scaler = StandardScaler()
model = Ridge().fit(scaler.fit_transform(X_train), y_train)
guess = model.predict(scaler.fit_transform(X_test))  # LEAK002
print(mean_squared_error(y_test, guess))
""",
    "oversampling by a helper": """
from imblearn.over_sampling import SMOTE

def balanced(rows, truth):
    return SMOTE(random_state=0).fit_resample(rows, truth)  # LEAK005

more, truth = balanced(X, y)
X_train, X_test, y_train, y_test = train_test_split(more, truth, random_state=0)
print(LogisticRegression().fit(X_train, y_train).score(X_test, y_test))
""",
    "folds that shuffle a series": """
df["before"] = df["y"].shift(1)
folds = KFold(n_splits=5, shuffle=True, random_state=0)  # LEAK006
for train, test in folds.split(df):
    model = Ridge().fit(df.iloc[train][["before"]], df.iloc[train]["y"])
    print(model.score(df.iloc[test][["before"]], df.iloc[test]["y"]))
""",
    "one score, on the training part": """
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = RandomForestClassifier(random_state=0)
model.fit(X_train, y_train)
guess = model.predict(X_train)
print(accuracy_score(y_train, guess))  # LEAK008
""",
    "LightGBM stops by the test part": """
import lightgbm as lgb
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
model = lgb.LGBMClassifier()
model.fit(X_train, y_train, eval_set=[(X_test, y_test)], callbacks=[lgb.early_stopping(10)])  # LEAK003
print(accuracy_score(y_test, model.predict(X_test)))
""",
    "boosters that stop by the test part": """
import xgboost as xgb
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
train, test = xgb.DMatrix(X_train, y_train), xgb.DMatrix(X_test, y_test)
booster = xgb.train({}, train, evals=[(train, "train"), (test, "test")], early_stopping_rounds=9)  # LEAK003
print(accuracy_score(y_test, booster.predict(test) > 0.5))
""",
}


def leaks(body: str) -> set[tuple[str, int]]:
    rules = [rule for rule in load_rules().rules if rule.id.startswith("LEAK")]
    return {(f.rule, f.place.line) for f in findings(picture({"train.py": HEAD + body}), rules)}


@pytest.mark.parametrize("body", CLEAN.values(), ids=CLEAN.keys())
def test_clean_programs_are_left_alone(body: str) -> None:
    assert not leaks(body)


@pytest.mark.parametrize("body", LEAKS.values(), ids=LEAKS.keys())
def test_leaks_are_found_on_their_line(body: str) -> None:
    lines = (HEAD + body).split("\n")
    wanted = {(line.rpartition("# ")[2], number) for number, line in enumerate(lines, 1) if "# LEAK" in line}
    assert wanted and leaks(body) == wanted


def test_parameters_that_a_catalogue_fills_have_no_call_behind_them() -> None:
    """Kedro hands a dataset to a parameter: it means a read and has no arguments, also where a test asks a model from a file."""
    files = {
        "conf/base/catalog.yml": "rows:\n  type: pandas.CSVDataset\n  filepath: data/rows.csv\n",
        "pyproject.toml": "[tool.kedro]\npackage_name = 'app'\nproject_name = 'app'\nkedro_init_version = '0.19.0'\n",
        "src/app/__init__.py": "",
        "src/app/pipeline_registry.py": (
            "from app.pipeline import create_pipeline\n\n\ndef register_pipelines():\n    return {'__default__': create_pipeline()}\n"
        ),
        "src/app/nodes.py": "def clean(rows):\n    return rows.dropna()\n",
        "src/app/pipeline.py": (
            "from kedro.pipeline import node, pipeline\nfrom app.nodes import clean\n\n\n"
            "def create_pipeline():\n    return pipeline([node(clean, inputs='rows', outputs='cleaned')])\n"
        ),
        "tests/test_model.py": (
            "import joblib\nimport pandas as pd\n\n\ndef test_model():\n    model = joblib.load('model.pkl')\n"
            "    rows = pd.read_csv('rows.csv')\n    assert model.score(rows[['a']], rows['y']) > 0.8\n"
        ),
    }
    graph = picture(files).graph
    read = [(graph.nodes[n].place.path, graph.nodes[n].api) for n in graph.with_role("data.read")]
    assert "kedro.io.DataCatalog.load" in {api for _, api in read}, read
    assert graph.with_role("model.evaluate")
