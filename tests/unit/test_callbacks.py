"""Functions that are handed to libraries are called by them."""

from __future__ import annotations

import pytest
from tests.programs import calls

FUNCTION = "def f(*a):\n    pass\n"
HANDED: dict[str, str] = {
    "airflow": """\
from airflow.operators.python import PythonOperator
PythonOperator(task_id='a', python_callable=f)
""",
    "pool.map": """\
from multiprocessing import Pool
with Pool(3) as p:
    p.map(f, [1])
""",
    "mp.Pool var": """\
import multiprocessing as mp
p = mp.Pool(3)
p.imap_unordered(f, [1])
""",
    "submit": """\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as ex:
    ex.submit(f, 1)
""",
    "executor map": """\
from concurrent.futures import ProcessPoolExecutor
ex = ProcessPoolExecutor()
list(ex.map(f, [1]))
""",
    "FunctionTransformer": """\
from sklearn.preprocessing import FunctionTransformer
t = FunctionTransformer(f)
""",
    "FunctionTransformer kw": """\
from sklearn.preprocessing import FunctionTransformer
t = FunctionTransformer(func=f)
""",
    "optuna": """\
import optuna
s = optuna.create_study()
s.optimize(f, n_trials=3)
""",
    "optuna lambda": """\
import optuna
s = optuna.create_study()
s.optimize(lambda t: f(t), n_trials=3)
""",
    "thread": """\
import threading
threading.Thread(target=f, args=(1,)).start()
""",
    "process": """\
from multiprocessing import Process
Process(target=f).start()
""",
    "hyperopt": """\
from hyperopt import fmin
fmin(f, space={})
""",
    "signal": """\
import signal
signal.signal(signal.SIGTERM, f)
""",
    "atexit": """\
import atexit
atexit.register(f)
""",
    "sched": """\
import schedule
schedule.every(10).minutes.do(f)
""",
    "apply": """\
import pandas as pd
df = pd.read_csv('x')
df.apply(f)
""",
    "apply unknown": """\
def g(df):
    df['x'].apply(f)
g(1)
""",
    "joblib": """\
from joblib import Parallel, delayed
Parallel(n_jobs=2)(delayed(f)(i) for i in range(3))
""",
    "scipy": """\
from scipy.optimize import minimize
minimize(f, [0])
""",
    "partial cb": """\
from functools import partial
import threading
threading.Thread(target=partial(f, 1)).start()
""",
    "dict cb": """\
from airflow.operators.python import PythonOperator
kw = {'python_callable': f}
PythonOperator(task_id='a', **kw)
""",
    "tf map": """\
import tensorflow as tf
d = tf.data.Dataset.from_tensor_slices([1])
d = d.map(f).batch(3)
""",
    "hf map": """\
from datasets import load_dataset
d = load_dataset('x')
d = d.map(f, batched=True)
""",
    "collate": """\
from torch.utils.data import DataLoader
DataLoader([1], collate_fn=f)
""",
    "asyncio thread": """\
import asyncio
async def g():
    await asyncio.to_thread(f, 1)
asyncio.run(g())
""",
    "loop executor": """\
import asyncio
async def g():
    loop = asyncio.get_event_loop()
    await loop.run_in_executor(None, f, 1)
asyncio.run(g())
""",
    "spark udf": """\
from pyspark.sql.functions import udf
u = udf(f)
""",
    "rdd": """\
from pyspark.sql import SparkSession
s = SparkSession.builder.getOrCreate()
s.sparkContext.parallelize([1]).map(f)
""",
    "make_scorer": """\
from sklearn.metrics import make_scorer
make_scorer(f)
""",
    "kfp": """\
from kfp.components import create_component_from_func
op = create_component_from_func(f)
""",
    "wandb": """\
import wandb
wandb.agent('x', function=f)
""",
    "tune": """\
from ray import tune
tune.run(f)
""",
    "spawn": """\
import torch.multiprocessing as mp
mp.spawn(f, args=(1,), nprocs=2)
""",
    "add_node": """\
from langgraph.graph import StateGraph
g = StateGraph(dict)
g.add_node('a', f)
""",
    "timer": """\
from threading import Timer
Timer(3, f).start()
""",
    "add_done": """\
from concurrent.futures import ThreadPoolExecutor
ex = ThreadPoolExecutor()
fut = ex.submit(print)
fut.add_done_callback(f)
""",
    "timeit": """\
import timeit
timeit.timeit(f)
""",
    "sorted": """\
sorted([1], key=f)
""",
    "filter": """\
list(filter(f, [1]))
""",
}


@pytest.mark.parametrize("code", list(HANDED.values()), ids=list(HANDED))
def test_a_function_that_is_handed_over_is_called(code: str) -> None:
    assert "m.f" in {callee for _, callee in calls({"m.py": FUNCTION + code})}


def test_a_wrapper_that_only_copies_a_name_does_not_call() -> None:
    found = calls({"m.py": FUNCTION + "import inspect\ninspect.signature(f)\n"})
    assert ("m", "m.f") not in found


def test_a_library_asks_the_objects_that_it_is_given() -> None:
    code = """\
from keras.callbacks import Callback
from keras.models import Sequential


class Stop(Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.note()

    def note(self):
        pass


Sequential().fit(1, 2, callbacks=[Stop()])
"""
    found = calls({"m.py": code})
    assert {("m", "m.Stop.on_epoch_end"), ("m.Stop.on_epoch_end", "m.Stop.note")} <= found
    assert ("m", "m.Stop.note") not in found
