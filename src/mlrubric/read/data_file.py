"""Which files hold data, a model or a result, told from path and name alone."""

from __future__ import annotations

import re

from mlrubric.model.facts import DataFile
from mlrubric.model.place import Place

_DATA = frozenset(
    (
        "csv", "tsv", "parquet", "feather", "arrow", "avro", "orc", "xlsx", "xls", "jsonl", "ndjson", "npy", "npz", "sqlite",
        "sqlite3", "duckdb", "tfrecord", "tfrecords", "arff", "libsvm", "svmlight", "dta", "sas7bdat", "rdata", "mat",
    )
)  # fmt: skip
_MODEL = frozenset(
    (
        "joblib", "pt", "pth", "ckpt", "onnx", "keras", "pb", "tflite", "safetensors", "bst", "ubj", "cbm", "pmml", "gguf",
        "sav", "mar", "mlmodel", "torchscript", "caffemodel", "xgb", "lgb",
    )
)  # fmt: skip
_EITHER = frozenset(("pkl", "pickle", "h5", "hdf5", "dill", "cloudpickle", "bin", "model"))
_IN_DATA_FOLDER = frozenset(
    ("txt", "json", "gz", "zip", "tar", "tgz", "bz2", "xz", "jpg", "jpeg", "png", "wav", "mp3", "db", "xml", "yaml")
)
_REPORTED = frozenset(("json", "html", "csv", "tsv", "png", "svg", "pdf", "md", "txt", "yaml", "yml"))
_NO_TEXT = frozenset(
    (
        "png", "jpg", "jpeg", "gif", "webp", "bmp", "ico", "tif", "tiff", "pdf", "mp3", "mp4", "wav", "ogg", "webm", "mov", "avi",
        "zip", "gz", "tgz", "bz2", "xz", "zst", "tar", "7z", "rar", "whl", "jar", "so", "dll", "dylib", "exe", "pyc", "pyo",
        "woff", "woff2", "ttf", "otf", "eot", "parquet", "feather", "arrow", "avro", "orc", "xlsx", "xls", "npy", "npz", "sqlite",
        "sqlite3", "duckdb", "db", "tfrecord", "tfrecords", "mat", "rdata", "sas7bdat", "dta", "joblib", "pt", "pth", "ckpt", "onnx",
        "keras", "pb", "tflite", "safetensors", "ubj", "gguf", "sav", "mar", "pkl", "pickle", "h5", "hdf5", "dill", "bin", "docx", "pptx",
    )
)  # fmt: skip
_PACKED = frozenset(("gz", "bz2", "xz", "zst", "zip"))

_DATA_FOLDER = re.compile(r"(?:^|/)(?:data|datasets?|raw|raw_data|processed|interim)/", re.IGNORECASE)
_MODEL_FOLDER = re.compile(r"(?:^|/)(?:models?|weights|checkpoints?|saved_models?|artifacts?)/", re.IGNORECASE)
_REPORT_FOLDER = re.compile(r"(?:^|/)(?:reports?|metrics?|results?|evaluations?|plots|figures|dvc_plots|dvclive)/", re.IGNORECASE)
_REPORT_NAME = re.compile(
    r"(?:^|[_\-.])(?:metrics?|scores?|results?|report|evaluation|drift|profiling|roc|confusion)(?:[_\-.]|$)", re.IGNORECASE
)
_MODEL_NAME = re.compile(r"model|weights|classifier|regressor|estimator|pipeline|encoder|scaler|vectorizer|booster|forest", re.IGNORECASE)


def kind_of(path: str) -> str:
    """`data`, `model`, `report`, or nothing when the name does not tell."""
    folder, _, name = path.rpartition("/")
    stem, _, suffix = name.rpartition(".")
    suffix = suffix.lower()
    if suffix in _PACKED and "." in stem:
        stem, _, suffix = stem.rpartition(".")
        suffix = suffix.lower()
    if not stem:
        return ""
    where = folder + "/" if folder else ""
    if suffix in _MODEL:
        return "model"
    if suffix in _EITHER:
        named_as_model = bool(_MODEL_FOLDER.search(where) or _MODEL_NAME.search(stem))
        if suffix in ("bin", "model"):
            return "model" if named_as_model else ""
        return "data" if _DATA_FOLDER.search(where) and not _MODEL_NAME.search(stem) else "model"
    if suffix in _REPORTED and (_REPORT_FOLDER.search(where) or (suffix in ("json", "html", "csv") and _REPORT_NAME.search(stem))):
        return "report"
    if suffix in _DATA or (suffix in _IN_DATA_FOLDER and _DATA_FOLDER.search(where)):
        return "data"
    return ""


def holds_no_text(path: str) -> bool:
    """The name says that no reader will find text in it: pictures, archives, binary data and models."""
    return path.rpartition(".")[2].lower() in _NO_TEXT


def data_file(path: str, size: int) -> DataFile | None:
    kind = kind_of(path)
    return DataFile(Place(path), size, kind) if kind else None
