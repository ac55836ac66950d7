"""What a committed credential looks like: shapes of keys, assignments to secret names, and what is only a placeholder."""

from mlrubric.source.secrets.scan import Hit, Setting, hits_in, is_secret

__all__ = ["Hit", "Setting", "hits_in", "is_secret"]
