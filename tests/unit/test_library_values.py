"""Values that libraries hand back and forth: what is loaded is what was saved, what is in a list of modules, what a callback is given."""

from __future__ import annotations

import pytest
from tests.programs import calls

SAVED = {
    "train.py": "import joblib\nfrom sklearn.linear_model import Ridge\nmodel = Ridge()\njoblib.dump(model, 'models/m.joblib')\n",
    "app.py": "import joblib\nmodel = joblib.load('models/m.joblib')\nmodel.predict([1])\n",
}


def test_what_is_loaded_from_a_file_is_what_was_saved_there() -> None:
    assert ("app", "sklearn.linear_model.Ridge.predict") in calls(SAVED)


def test_another_file_holds_something_else() -> None:
    moved = {**SAVED, "app.py": SAVED["app.py"].replace("m.joblib", "other.joblib")}
    assert not any(callee.endswith(".predict") for _, callee in calls(moved))


def test_each_project_of_a_repository_has_its_own_files() -> None:
    files = {f"{project}/{path}": text for project in ("a", "b") for path, text in SAVED.items()}
    files["b/train.py"] = files["b/train.py"].replace("Ridge", "Lasso")
    found = calls(files)
    assert ("b.app", "sklearn.linear_model.Lasso.predict") in found
    assert ("b.app", "sklearn.linear_model.Ridge.predict") not in found


MODULES = """
import torch.nn as nn

class Block(nn.Module):
    def forward(self, x):
        return x

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block() for _ in range(3)])
        self.parts = nn.ModuleDict(dict(head=nn.Linear(2, 1), body=Block()))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.parts.head(self.parts["body"](x))
"""


def test_lists_and_tables_of_modules_hold_what_they_are_made_of() -> None:
    found = {callee for caller, callee in calls({"m.py": MODULES}) if caller == "m.Net.forward"}
    assert {"m.Block.forward", "torch.nn.Linear.__call__"} <= found


def test_the_constructor_of_a_base_is_the_library_s() -> None:
    assert ("m.Net.__init__", "torch.nn.Module.__init__") in calls({"m.py": MODULES})


def test_a_callback_is_given_what_the_catalogue_says() -> None:
    code = "import optuna\ndef objective(t):\n    return t.suggest_int('a', 1, 2)\noptuna.create_study().optimize(objective)\n"
    assert ("m.objective", "optuna.Trial.suggest_int") in calls({"m.py": code})


@pytest.mark.parametrize("made", ["set(df.columns)", "list(df.columns)", "sorted(df.columns)"])
def test_a_list_of_a_table_s_columns_is_no_index(made: str) -> None:
    code = f"import pandas as pd\ndf = pd.read_csv('a.csv')\nnames = {made}\nnames.copy()\n"
    assert not any(callee.startswith("pandas.Index.") for _, callee in calls({"m.py": code}))


def test_an_index_that_is_not_known_picks_a_column_or_a_table() -> None:
    code = "import pandas as pd\ndef f(key):\n    return pd.read_csv('a.csv')[key].head()\n"
    found = {callee for _, callee in calls({"m.py": code})}
    assert {"pandas.DataFrame.head", "pandas.Series.head"} <= found


def test_a_loop_over_names_picks_columns() -> None:
    code = "import pandas as pd\ndef f(keys):\n    df = pd.read_csv('a.csv')\n    for key in keys:\n        df[key].head()\n"
    found = {callee for _, callee in calls({"m.py": code})}
    assert "pandas.Series.head" in found and "pandas.DataFrame.head" not in found


def test_a_table_of_a_library_has_the_methods_of_a_dict() -> None:
    code = "import torch.nn as nn\nfor name, weight in nn.Linear(1, 2).state_dict().items():\n    weight.cpu()\n"
    assert ("m", "torch.Tensor.cpu") in calls({"m.py": code})


def test_what_a_class_defines_hides_what_its_library_has() -> None:
    code = """
from zenml.materializers.base_materializer import BaseMaterializer
class M(BaseMaterializer):
    def save(self, data):
        return self.describe(data)
    def describe(self, data):
        return {}
"""
    found = {callee for caller, callee in calls({"m.py": code}) if caller == "m.M.save"}
    assert found == {"m.M.describe"}
