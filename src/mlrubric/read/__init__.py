"""One module per file format, Document -> facts; the modules are found by walking this package.

A reader module has
    FORMAT: str                          the name of the format, e.g. "requirements"
    def accepts(path: str) -> bool       by path and name alone; of several that accept, all read
    def read(document: Document) -> Iterable[Fact]
and may have `LANGUAGE: str` when it also reads Embedded text of that language, then
    def read_embedded(embedded: Embedded) -> Iterable[Fact]
A reader never raises on bad input: it yields `Unreadable` with reason and place, and what could be read besides.
"""
