"""Our layers on programs whose call graphs other people wrote down."""
