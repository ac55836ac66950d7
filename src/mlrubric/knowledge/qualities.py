"""What measures of the quality of models are called: alternatives of regular expressions, in small letters."""

from __future__ import annotations

HIGHER = (
    r"acc|accuracy|precision|recall|f\d|fbeta|(?:roc_?)?auc|auroc|average_precision|jaccard|balanced\w*|r2|kappa|mcc|ndcg|bleu|iou|dice"
)
LOWER = r"error|err|rmse|mae|mse|mape|rmsle|loss|log_?loss|brier|deviance|perplexity|wer|cer"
EITHER = rf"{HIGHER}|{LOWER}"
