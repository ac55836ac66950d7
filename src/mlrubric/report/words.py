"""The words that several formats share: places, numbers, names of sections, kinds and files."""

from __future__ import annotations

from collections.abc import Iterable

from mlrubric.model.place import Place
from mlrubric.model.report import Message, Report, Score
from mlrubric.model.verdict import Finding, NextStep, TestResult

SECTION_NAMES = {"data": "Data", "model": "Model", "infra": "Infra", "monitor": "Monitor"}
SECTION_TITLES = {
    "data": "Tests for features and data",
    "model": "Tests for model development",
    "infra": "Tests for ML infrastructure",
    "monitor": "Monitoring tests for ML",
}
SECTION_POINTS = 7
LEVEL_RANK = {"error": 0, "warning": 1, "note": 2}
KIND_SENTENCES = {
    "pipeline": "a pipeline that trains its own model",
    "service": "a service that answers with a model",
    "notebooks": "models are trained in notebooks only",
    "research": "research code: models are fitted, nothing is released",
    "library": "a library: it has no data and no model of its own to release",
    "template": "a template for projects, not a project",
    "none": "no machine learning was found here",
}
RELEASE_WORDS = {"serving": "served", "batch": "scored in batches", "registry": "registered", "artifact": "published as a file"}
CONDITION_WORDS = {
    "live": "never start by themselves",
    "wired": "are not reached",
    "not_skipped": "are skipped",
    "consequential": "run, but cannot fail",
    "right_data": "do not look at the real data",
    "covering": "can be bypassed",
    "documented": "leave no result",
}
SIGHT_WORDS = {"elsewhere": "not visible", "not_analysed": "not analysed"}
FILE_WORDS = {
    "python": ("Python file", "Python files"),
    "notebook": ("notebook", "notebooks"),
    "github_workflow": ("workflow", "workflows"),
    "github_action": ("local action", "local actions"),
    "dockerfile": ("Dockerfile", "Dockerfiles"),
    "compose": ("compose file", "compose files"),
    "dvc_yaml": ("DVC pipeline", "DVC pipelines"),
    "makefile": ("makefile", "makefiles"),
    "requirements": ("requirements file", "requirements files"),
    "markdown": ("document", "documents"),
    "shell": ("shell script", "shell scripts"),
}


def number(value: float) -> str:
    """Credit as people write it: one decimal, two when it needs them (quarter points)."""
    text = f"{value:.2f}"
    return text[:-1] if text.endswith("0") else text


def plural(count: int, singular: str, many: str | None = None) -> str:
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


def short(place: Place, leave_out: str = "") -> str:
    """A place in as few characters as it stays findable: the workflow folder is left out, so is the file `leave_out`."""
    text = str(place)
    if leave_out and place.path == leave_out:
        return text[len(leave_out) :]
    return text.removeprefix(".github/workflows/")


def own_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted, without those in files of other repositories, which an annotation would put on wrong files."""
    return [finding for finding in sorted_findings(findings) if not finding.place.repository]


def sorted_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file and place, the order of every format."""
    return sorted(findings, key=lambda f: (f.place.path, f.place.span, f.rule, f.message))


def messages(report: Report) -> list[Message]:
    """Notices and unreadable files as one sorted list without repetitions."""
    kept: dict[tuple[str, int, str], Message] = {}
    for message in (*report.notices, *report.repository.unreadable):
        place = message.place
        kept.setdefault((place.path if place else "", place.line if place else 0, message.message), message)
    return [kept[key] for key in sorted(kept)]


def status_word(test: TestResult) -> str:
    """The status for people: what is absent, what cannot be seen here, and what could not be read are three different things."""
    if test.status in ("none", "not_visible"):
        return SIGHT_WORDS.get(test.sight, "absent" if test.status == "none" else "not visible")
    return test.status.replace("_", " ")


def broken_words(test: TestResult) -> str:
    """How a row begins that says why a test has no more: the condition that breaks, or why nothing was found."""
    if test.broken is None:
        return ""
    if not test.evidence and test.status in ("none", "not_visible"):
        return status_word(test)
    words = test.broken.condition.replace("_", " ")
    return words.removeprefix("not ") if words.startswith("not ") else f"not {words}"


def unseen_counts(score: Score) -> str:
    """How many tests are absent, not visible, not analysed."""
    counts = ((score.absent, "absent"), (score.not_visible, "not visible"), (score.not_analysed, "not analysed"))
    return " · ".join(f"{count} {word}" for count, word in counts if count) or "nothing is absent"


def sentence(text: str) -> str:
    """Text that ends with a full stop."""
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."


def advice_of(finding: Finding) -> str:
    """What to do, as a sentence; "" when nothing is said."""
    advice = finding.advice.strip()
    return sentence(advice[:1].upper() + advice[1:]) if advice else ""


def with_advice(finding: Finding) -> str:
    """What is wrong and what to do, in sentences."""
    return f"{sentence(finding.message)} {advice_of(finding)}" if finding.advice else finding.message


def decided_by(report: Report) -> tuple[str, ...]:
    """The sections whose sum is the score, as the paper takes the minimum."""
    lowest = min((credit.observed for _, credit in report.score.sections), default=0.0)
    return tuple(name for name, credit in report.score.sections if credit.observed == lowest)


def action_text(step: NextStep) -> str:
    """A step with its place, and with what it makes real when that is more than one test."""
    text = step.action
    if step.place is not None and str(step.place) not in text and short(step.place) not in text:
        text += f" ({short(step.place)})"
    if len(step.tests) > 1:
        text += f"; makes {plural(len(step.tests), 'check')} real"
    return text + (" (check --fix)" if step.fix else "")
