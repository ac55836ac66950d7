"""All rules that are known."""

from __future__ import annotations

import argparse
from pathlib import Path

from mlrubric.cli import GATE, OK
from mlrubric.cli.output import options_for, put
from mlrubric.cli.shared import folder_of, settings_for, show


def run(options: argparse.Namespace) -> int:
    if options.mutate is not None:
        return _mutate(options)
    if options.test is not None:
        return _test(options)
    from mlrubric.config import read_settings
    from mlrubric.report.book import rules_json, rules_text
    from mlrubric.report.cards import cards_of
    from mlrubric.rules.own import whole_book

    cards = cards_of(whole_book(read_settings(Path(), options.config))).values()
    if options.output_format == "json":
        put(rules_json(cards), options.output_file)
    else:
        show(rules_text(cards, options_for("rules", 0, options.output_file).width), options.output_file)
    return OK


def _mutate(options: argparse.Namespace) -> int:
    from mlrubric.prove.prover import Prover
    from mlrubric.report.proof_text import proof_json, proof_rows
    from mlrubric.rules.load import load_predictions
    from mlrubric.source.tree import DiskTree

    root = folder_of(options.mutate)
    proof = Prover(DiskTree(root), root.resolve().name, settings_for(root, options), load_predictions()).prove()
    if options.output_format == "json":
        put(proof_json(proof), options.output_file)
    else:
        show(proof_rows(proof, options_for("rules", 0, options.output_file).width), options.output_file)
    return GATE if proof.count("wrong") else OK


def _test(options: argparse.Namespace) -> int:
    from mlrubric.knowledge.location import rules_directory
    from mlrubric.prove.examples import misses
    from mlrubric.report.proof_text import examples_json, examples_rows
    from mlrubric.rules.load import load_rules
    from mlrubric.rules.own import own_rules

    packaged = rules_directory()
    folder = folder_of(options.test) if options.test else packaged
    if (folder / "roles.toml").is_file():  # a whole rule book
        rules = load_rules(folder, check=True).rules
    else:
        inside = folder.resolve().is_relative_to(packaged)
        rules = own_rules([folder], () if inside else load_rules().rules)
    wrong = [miss for rule in rules for miss in misses(rule)]
    if options.output_format == "json":
        put(examples_json(rules, wrong), options.output_file)
    else:
        show(examples_rows(rules, wrong, options_for("rules", 0, options.output_file).width), options.output_file)
    return GATE if wrong else OK
