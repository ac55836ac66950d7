"""What files of servers and clouds say of the code that answers requests."""

from __future__ import annotations

from dataclasses import dataclass

from mlrubric.model.place import Place


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A function, class or application of the project that a server or a cloud runs. `target` is `module:name`, the module dotted or as a
    path, relative to `directory` (from the root); `symbol` of its place owns the triggers that start it.

    `kind`: "handler" (a function that answers), "class" (its methods answer: `methods`), "app" (a service object or an application).
    """

    place: Place
    tool: str
    target: str
    kind: str = "handler"
    directory: str = ""
    methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model that a file of a server names: a tag of a model store, a URI; `version` is what it says of it ("" for nothing)."""

    place: Place
    tool: str
    name: str
    version: str = ""
    mutable: bool = False


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A folder that holds a model with a description of it: how it can be loaded, whether it says what goes in and comes out, the run that
    made it, and the version of the tracker that wrote it."""

    place: Place
    folder: str
    flavors: tuple[str, ...] = ()
    signature: bool = False
    run: str = ""
    version: str = ""
