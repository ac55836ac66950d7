"""The catalogue of libraries against the real packages."""
