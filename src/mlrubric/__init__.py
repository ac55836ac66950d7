"""mlrubric: how production-ready the machine learning in a repository is, told from the repository alone."""

__version__ = "0.1.0"
RULES_VERSION = "2026.1"
RULES_VERSIONS = (RULES_VERSION,)  # the oldest first; a rule without `since` has been there from the first on
