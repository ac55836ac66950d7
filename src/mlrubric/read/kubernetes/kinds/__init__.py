"""One module per family of objects; they are found by walking this package."""
