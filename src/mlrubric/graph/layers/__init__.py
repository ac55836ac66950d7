"""The graph by layers, in the forms of the outer contract: calls, call sites, flow of data."""

from mlrubric.graph.layers.calls import calls_layer
from mlrubric.graph.layers.callsites import callsites_layer
from mlrubric.graph.layers.dataflow import dataflow_layer

LAYERS = {"calls": calls_layer, "callsites": callsites_layer, "dataflow": dataflow_layer}

__all__ = ["LAYERS", "calls_layer", "callsites_layer", "dataflow_layer"]
