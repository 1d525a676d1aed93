"""Objects with a name, each in a file of its own, found by that name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, Protocol, TypeVar

from keras_mtl.common.arguments import one_of


class Named(Protocol):
    """An object that a registry holds."""

    name: str


Item = TypeVar("Item", bound=Named)


class Registry(Generic[Item]):
    """The objects of one sort, by name.

    The files of a package are imported when the first object is asked for, so a new file is all
    that a new object needs. Objects defined elsewhere are there once they are registered.

    Args:
        argument: The argument that takes the names, for messages.
        package: The package whose files register their objects.
    """

    def __init__(self, argument: str, package: str) -> None:
        self._argument = argument
        self._package = package
        self._items: dict[str, Item] = {}
        self._imported = False

    def register(self, cls: type[Item]) -> type[Item]:
        """Make an object of the class known by its `name`; use it as a decorator.

        Raises:
            ValueError: The name is taken by another class.
        """
        item = cls()
        known = self._items.get(item.name)
        # A cell of a notebook that runs again defines the same class anew.
        if known is not None and _path(type(known)) != _path(cls):
            raise ValueError(
                f"`{self._argument}={item.name!r}` is taken by `{_path(type(known))}`. Choose "
                "another name."
            )
        self._items[item.name] = item
        return cls

    @property
    def names(self) -> tuple[str, ...]:
        """All names, in alphabetical order."""
        self._import_files()
        return tuple(sorted(self._items))

    def find(self, name: object) -> Item:
        """Return the object of this name.

        Raises:
            ValueError: There is none; near names are suggested.
        """
        return self._items[one_of(self._argument, name, self.names)]

    def _import_files(self) -> None:
        if self._imported:
            return
        package = import_module(self._package)
        for module in iter_modules(package.__path__):
            import_module(f"{self._package}.{module.name}")
        self._imported = True


def _path(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"
