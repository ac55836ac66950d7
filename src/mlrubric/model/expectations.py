"""What files of the data-quality tools declare: expectations, named validations of them, feature stores."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class Expectations:
    """A suite, schema or contract that a file declares for one set of rows.

    `tool` is great_expectations, pandera, soda, dbt, tfdv, odcs or datacontract. `values` counts the clauses on values (ranges, sets, no
    nulls, distributions) that fail, `structure` those on columns, types and numbers of rows, `warnings` those that only warn. `data` are
    tables (`table:orders`) or paths from the root that it speaks of. `drift` and `skew` count comparators with an earlier batch and with
    serving.
    """

    place: Place
    tool: str
    name: str
    values: int = 0
    structure: int = 0
    warnings: int = 0
    columns: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    drift: int = 0
    skew: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A named validation: which suites it asks of which data. `asks` are other checkpoints or definitions that it runs, by name.
    `tells` says that it notifies people when it fails."""

    place: Place
    tool: str
    name: str
    suites: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    tells: bool = False


@dataclass(frozen=True, slots=True)
class DataSource:
    """Where a named source of a tool finds its data: folders, files and tables, by the name of the asset (`source/asset`, or `source`)."""

    place: Place
    tool: str
    name: str
    data: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Freshness:
    """A limit on the age of a source. `fails` is false when it only warns; `source` says that it is data from outside."""

    place: Place
    tool: str
    name: str
    fails: bool = True
    loaded_at: bool = True


@dataclass(frozen=True, slots=True)
class UnitTest:
    """A test of a transformation on rows that the file gives (dbt `unit_tests`)."""

    place: Place
    tool: str
    name: str
    model: str


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """The configuration of a feature store (`feature_store.yaml`)."""

    place: Place
    project: str
    provider: str = ""
    registry: str = ""
    online: str = ""
    offline: str = ""
