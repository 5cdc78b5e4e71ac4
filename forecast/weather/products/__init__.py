"""Known products: every module of this folder declares one or more, as ``PRODUCTS``."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module

from forecast.errors import ConfigError, InputError
from forecast.weather.product import Header, Product


@cache
def products() -> Mapping[str, Product]:
    """All declared products by name, in alphabetical order of their files."""
    found: dict[str, Product] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        for product in import_module(f"{__name__}.{module}").PRODUCTS:
            found[product.name] = product
    return found


def product_named(name: str) -> Product:
    """Product of a name.

    Raises
    ------
    ConfigError
        There is none; the message lists those there are.
    """
    try:
        return products()[name]
    except KeyError:
        known = ", ".join(products())
        raise ConfigError(f"unknown weather product {name!r}; known are {known}") from None


def recognised(header: Header) -> Product:
    """Product a file is of.

    Raises
    ------
    InputError
        None knows it, or more than one does.
    """
    found = [p for p in products().values() if p.recognises(header)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InputError(
            f"{header.path}: of no known weather product; name it with `format` "
            f"({', '.join(products())})"
        )
    raise InputError(
        f"{header.path}: could be {' or '.join(p.name for p in found)}; name it with `format`"
    )
