"""What a committed credential looks like: shapes of keys, assignments to secret names, and what is only a placeholder."""

from mlrubric.source.secrets.scan import Hit, Setting, hits_in, is_secret
from mlrubric.source.secrets.shapes import key_end

__all__ = ["Hit", "Setting", "hits_in", "is_secret", "key_end"]
